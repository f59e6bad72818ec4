import { inDispatcher, inLibrary, inScript, inWorker, type Tooth } from "./tooth.ts";

/** Mechanisms besides the amendments. */
export const mechanisms: readonly Tooth[] = [
  {
    id: "no-grant-check",
    rule: "a worker's transition checks owner and grant",
    changes: [inScript("prelude", "if held[1] ~= member or held[2] ~= grant then return 'stale' end", "")],
  },
  {
    id: "order-by-epoch",
    rule: "owner and grant are compared for equality, not for order",
    changes: [
      inScript(
        "prelude",
        "if held[1] ~= member or held[2] ~= grant then return 'stale' end",
        "if tonumber(string.match(grant, '^%d+')) < tonumber(string.match(held[2], '^%d+')) then return 'stale' end",
      ),
    ],
  },
  {
    id: "settle-before-post",
    rule: "a message is settled after it was shown",
    changes: [
      inWorker(
        "delivery",
        "  while (conversation.partsShown < posts.length) {",
        '  conversation.desk.settler.settle(conversation.partition, { conversation: conversation.id, grant: conversation.record?.grant ?? "", done: head.seq, session: conversation.counted(), entryIds: [head.entryId] });\n  while (conversation.partsShown < posts.length) {',
      ),
    ],
  },
  {
    id: "no-self-fencing",
    rule: "a member trusts its lease no longer than Redis does",
    changes: [
      inLibrary(
        "rules/src/lease-trust",
        "return sentAt + bounds.leaseMs - bounds.marginMs;",
        "return sentAt + bounds.leaseMs + 60_000;",
      ),
    ],
  },
  {
    id: "handle-after-post",
    rule: "a session's handle is stored before the first post",
    changes: [
      inWorker(
        "opening",
        "await storeHandle(conversation, outcome.value.handle, parties);",
        "void conversation.desk.context.clock.sleep(400).then(() => storeHandle(conversation, outcome.value.handle, parties)).catch(() => undefined);",
      ),
    ],
  },
  {
    id: "confirm-before-stored",
    rule: "a batch is confirmed after it was stored",
    changes: [
      inDispatcher(
        "fetcher",
        "const stored = await this.#store(messages",
        "this.#confirmer.confirm(upTo);\n      const stored = await this.#store(messages",
      ),
    ],
  },
  {
    id: "confirm-before-durable",
    rule: "a batch is confirmed after it is durable",
    changes: [inLibrary("streams/src/partition-store", "wire.runDurably(accept", "wire.run(accept")],
  },
  {
    id: "count-unchecked",
    rule: "the count that WAIT answers is checked",
    changes: [
      inLibrary(
        "streams/src/redis-wire",
        "if (!barrier.isReached(count)) {",
        "if (barrier.isReached(count) && count === null) {",
      ),
    ],
  },
  {
    id: "evicted-back",
    rule: "an evicted member never comes back, and drops all it holds",
    changes: [
      inScript(
        "beat",
        "if not until_ms or tonumber(until_ms) <= now then return { 'evicted' } end",
        "if not until_ms then return { 'evicted' } end",
      ),
      inScript("admit", "if string.sub(known, 1, 7) == 'evicted' then return { 'evicted' } end", ""),
      inDispatcher(
        "partition-leader",
        'if (before === state || before === "evicted") return "held";',
        'if (before === state) return "held";',
      ),
      inLibrary(
        "rules/src/lease-trust",
        "return sentAt + bounds.leaseMs - bounds.marginMs;",
        "return sentAt + bounds.leaseMs + 60_000;",
      ),
    ],
  },
  {
    id: "no-idempotency-key",
    rule: "a reply that is sent again has the same key",
    changes: [
      inWorker(
        "reply-lane",
        "const key = replyKey(next.chatId, next);",
        "const key = replyKey(next.chatId, next) + this.#conversation.desk.context.random.token(6);",
      ),
    ],
  },
  {
    id: "no-hold",
    rule: "a new owner waits until its predecessor's effects cannot arrive any more",
    changes: [inScript("rehome", "if until_ms > now then redis.call", "if false then redis.call")],
  },
  {
    id: "one-clock",
    rule: "a lease has ended only when both Redis's clock and a dispatcher's own say so",
    changes: [inDispatcher("lease-sightings", "Math.max(listed.leaseLeftMs, leftMs)", "listed.leaseLeftMs")],
  },
  {
    id: "no-wait-after-unknown",
    rule: "after an unknown outcome the owner waits before it reconciles",
    changes: [
      inLibrary("rules/src/late-effect", "return call.startedAt + 2 * call.effectMs;", "return call.startedAt;"),
    ],
  },
  {
    id: "stragglers",
    rule: "where a dead member's conversations must stay, entries of those that moved are sent after them",
    changes: [inScript("rehome", "if after == '' then return 0, '' end", "do return 0, '' end")],
  },
];
