import type { Clock, LeaseReply, Random, Registry } from "@dms/rules";
import { invariant } from "@dms/runtime";
import { foundedOtherwise, schemaVersion } from "./founding.ts";
import type { Keys } from "./keys.ts";
import type { RedisWire } from "./redis-wire.ts";
import { agree } from "./transitions/agree.ts";
import { beat } from "./transitions/beat.ts";
import { join } from "./transitions/join.ts";
import { lead } from "./transitions/lead.ts";
import { leave } from "./transitions/leave.ts";
import { order } from "./transitions/order.ts";
import { survey } from "./transitions/survey.ts";

export interface StoreOptions {
  wire: RedisWire;
  keys: Keys;
  partitions: number;
  leaseMs: number;
  clock: Clock;
  random: Random;
}

/** How long a dead member stays visible to operators. */
const retentionMs = 3_600_000;
const nonceLength = 8;

/** The registry over Redis: each method is one script. */
export function makeRegistry({ wire, keys, partitions, leaseMs, clock, random }: StoreOptions): Registry {
  const prefix = keys.registry;
  const founding = { schema: schemaVersion, partitions };
  const leadFetch = (channel: string, request: { holder: string; token: string | null; isRelease: boolean }) =>
    wire.run(lead, prefix, {
      lease: `lease:fetch:${channel}`,
      holder: request.holder as never,
      token: request.token,
      isRelease: request.isRelease,
      nonce: random.token(nonceLength),
      leaseMs,
      longestLeaseMs: leaseMs,
    });
  return {
    agree: (wanted) => wire.runDurably(agree, prefix, wanted),
    join: async (card) => {
      const reply = await wire.runDurably(join, prefix, { card, founding, leaseMs, joinedAt: clock.wall() });
      if (reply.status === "differs") throw foundedOtherwise(keys.cluster, reply, founding);
      return reply;
    },
    // With replicas, a beat extends trust only when it was counted (A12).
    beat: (member, load) => wire.runDurably(beat, prefix, { member, leaseMs, load }),
    leave: (member, state, cause) => wire.runDurably(leave, prefix, { member, state, cause }),
    order: (member, given) => wire.run(order, prefix, { member, order: given }),
    survey: () => wire.run(survey, prefix, { longestLeaseMs: leaseMs, retentionMs }),
    leadFetch: async (channel, holder, token) => asLease(await leadFetch(channel, { holder, token, isRelease: false })),
    releaseFetch: async (channel, holder, token) => {
      await leadFetch(channel, { holder, token, isRelease: true });
    },
  };
}

/** A call that did not give up its lease is never answered `released`. */
export function asLease(reply: LeaseReply | { status: "released" }): LeaseReply {
  invariant(reply.status !== "released", "I14 a lease was released that nobody gave up");
  return reply;
}
