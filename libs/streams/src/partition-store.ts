import type { MemberId } from "@dms/protocol";
import type { Partitions } from "@dms/rules";
import { asLease, type StoreOptions } from "./registry-store.ts";
import { accept } from "./transitions/accept.ts";
import { admit } from "./transitions/admit.ts";
import { advance } from "./transitions/advance.ts";
import { bury } from "./transitions/bury.ts";
import { close } from "./transitions/close.ts";
import { evict } from "./transitions/evict.ts";
import { forward } from "./transitions/forward.ts";
import { handoff } from "./transitions/handoff.ts";
import { inspect } from "./transitions/inspect.ts";
import { lead } from "./transitions/lead.ts";
import { load } from "./transitions/load.ts";
import { missing } from "./transitions/missing.ts";
import { open } from "./transitions/open.ts";
import { rehome } from "./transitions/rehome.ts";
import { settle } from "./transitions/settle.ts";
import { start } from "./transitions/start.ts";
import { withdraw } from "./transitions/withdraw.ts";

const nonceLength = 8;

/** All partitions over Redis: each method is one script, durable where the protocol asks for a barrier. */
export function makePartitions({ wire, keys, partitions, leaseMs, random }: StoreOptions): Partitions {
  const prefix = keys.partition;
  const nonce = (): string => random.token(nonceLength);
  const leadPartition = (partition: number, request: { holder: MemberId; token: string | null; isRelease: boolean }) =>
    wire.run(lead, prefix(partition), {
      ...request,
      lease: "leader",
      nonce: nonce(),
      leaseMs,
      longestLeaseMs: leaseMs,
    });
  return {
    accept: (p, batch) => wire.runDurably(accept, prefix(p), { ...batch, nonce: nonce() }),
    load: (p, member, conversations) => wire.runDurably(load, prefix(p), { member, isDurable: true, conversations }),
    open: (holding, session) => wire.runDurably(open, prefix(holding.partition), { holding, ...session }),
    advance: (holding, session) => wire.run(advance, prefix(holding.partition), { holding, ...session }),
    settle: (p, member, settlements) => wire.run(settle, prefix(p), { member, settlements }),
    start: (holding, seq) => wire.run(start, prefix(holding.partition), { holding, seq }),
    bury: (holding, burial) => wire.runDurably(bury, prefix(holding.partition), { holding, burial }),
    missing: (holding, seq) => wire.runDurably(missing, prefix(holding.partition), { holding, seq }),
    close: (holding, chatId) => wire.run(close, prefix(holding.partition), { holding, chatId }),
    handoff: (holding, cause) => wire.run(handoff, prefix(holding.partition), { holding, cause, nonce: nonce() }),
    forward: (p, member, entryIds) => wire.run(forward, prefix(p), { member, entryIds }),
    withdraw: (p, member) => wire.run(withdraw, prefix(p), { member }),
    lead: async (p, holder, token) => asLease(await leadPartition(p, { holder, token, isRelease: false })),
    release: async (p, holder, token) => {
      await leadPartition(p, { holder, token, isRelease: true });
    },
    admit: (leadership, member, state) =>
      wire.run(admit, prefix(leadership.partition), {
        leadership,
        member,
        state,
        tieFraction: random.fraction() * 0.9,
      }),
    evict: (leadership, member, death) =>
      wire.run(evict, prefix(leadership.partition), { leadership, member, ...death }),
    rehome: (leadership, member, batch) =>
      wire.run(rehome, prefix(leadership.partition), { leadership, member, ...batch, nonce: nonce() }),
    inspect: (p) => wire.run(inspect, prefix(p), null),
    onReset: (listener) => {
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      return wire.onReset(() => listener(all));
    },
  };
}
