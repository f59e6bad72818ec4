import type { ConversationId, MemberId } from "@dms/protocol";
import type { Partitions } from "@dms/rules";
import { redisFault } from "./redis-fault.ts";
import type { RedisWire } from "./redis-wire.ts";
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
const scanCount = 1000;

/** Reads a member's own set in pieces, so that a large one never stops the server. */
async function ownedConversations(wire: RedisWire, key: string): Promise<ConversationId[]> {
  const ids = new Set<string>();
  let cursor = "0";
  try {
    do {
      const [next, page] = (await wire.call(key, "sscan", key, cursor, "count", scanCount)) as [string, string[]];
      for (const id of page) ids.add(id);
      cursor = next;
    } while (cursor !== "0");
  } catch (caught) {
    throw redisFault(caught, "reading a member's conversations");
  }
  return [...ids] as ConversationId[];
}

/** All partitions over Redis: each method is one script, durable where the protocol asks for a write barrier. */
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
    // A count is found again by the replies' keys; the place of a file is not, and its key must never bring another one.
    advance: (holding, session) => {
      const request = { holding, ...session };
      const isFound = session.pending === "";
      return isFound
        ? wire.run(advance, prefix(holding.partition), request)
        : wire.runDurably(advance, prefix(holding.partition), request);
    },
    settle: (p, member, settlements) => wire.run(settle, prefix(p), { member, settlements }),
    start: (holding, attempt) => wire.run(start, prefix(holding.partition), { holding, ...attempt }),
    bury: (holding, burial) => wire.runDurably(bury, prefix(holding.partition), { holding, burial }),
    missing: (holding, seq, session) =>
      wire.runDurably(missing, prefix(holding.partition), { holding, seq, ...(session && { session }) }),
    close: (holding, chatId) => wire.run(close, prefix(holding.partition), { holding, chatId }),
    handoff: (holding, cause) => wire.run(handoff, prefix(holding.partition), { holding, cause, nonce: nonce() }),
    forward: (p, member, entryIds) => wire.run(forward, prefix(p), { member, entryIds }),
    owned: (p, member) => ownedConversations(wire, keys.owned(p, member)),
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
      return wire.onReset((affects) => {
        const affected = all.filter((partition) => affects(prefix(partition)));
        if (affected.length > 0) listener(affected);
      });
    },
  };
}
