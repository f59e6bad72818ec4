import { inDispatcher, inLibrary, inScript, inWorker, type Tooth } from "./tooth.ts";

/** The amendments of the protocol's review, each taken out by itself. */
export const amendments: readonly Tooth[] = [
  {
    id: "A1-max",
    rule: "`accept` never lowers `taken`",
    changes: [inScript("accept", "whole(math.max(taken, up_to))", "whole(up_to)")],
  },
  {
    id: "A1-after",
    rule: "without a cursor, `after` is what the hub has confirmed, not the sequence before the first message",
    changes: [
      inDispatcher(
        "fetcher",
        "const stored = await this.#store(messages, { after, isRestart }, signal);",
        "const stored = await this.#store(messages, { after: isRestart ? (messages[0]?.sequence ?? 1) - 1 : after, isRestart: false }, signal);",
      ),
    ],
  },
  {
    id: "A2-shown",
    rule: "the record keeps how many posts were settled in this session",
    changes: [inScript("settle", "shown = greater(shown, ARGV[i + 4])", "shown = held[5]")],
  },
  {
    id: "A2-position",
    rule: "after a change of alias or a lower position the whole transcript is counted anew",
    changes: [
      inWorker(
        "reconciling",
        "if (isMoved || (turn.nextPosition > 0 && turn.nextPosition < session.position)) {",
        "if (isMoved && turn.nextPosition < 0) {",
      ),
    ],
  },
  {
    id: "A3-load",
    rule: "a loaded record with a session is reconciled before the first post",
    changes: [inWorker("session", "isReconciled: false,", "isReconciled: true,")],
  },
  {
    id: "A3-unknown",
    rule: "after an unknown outcome the session is reconciled",
    changes: [
      inWorker(
        "posting",
        'if (failure.executed === "unknown") {\n    session.isReconciled = false;',
        'if (failure.executed === "unknown") {\n    conversation.backOff(failure);',
      ),
    ],
  },
  {
    id: "A4-max",
    rule: "`settle` never lowers `done`",
    changes: [
      inScript("settle", "if tonumber(done) > tonumber(held[3]) then return 'stale' end", ""),
      inScript("settle", "DONE, greater(done_before, done)", "DONE, done"),
    ],
  },
  {
    id: "A4-entries",
    rule: "`settle` deletes the entries it names even when they were settled before",
    changes: [
      inScript(
        "settle",
        "if status == 'ok' then",
        "if status == 'ok' and redis.call('HGET', conversation_key(ARGV[i]), 'last') ~= ARGV[i + 2] then\n    redis.call('HSET', conversation_key(ARGV[i]), 'last', ARGV[i + 2])",
      ),
    ],
  },
  {
    id: "A4-surplus",
    rule: "while shown posts wait for their entries, nothing is posted",
    changes: [inWorker("delivery", "if (session.surplus.length > 0) {", "if (session.surplus.length > 1000) {")],
  },
  {
    id: "A4-hand",
    rule: "`done` moves on only over entries in hand",
    changes: [
      inWorker(
        "conversation",
        "    if (!head && session && session.surplus.length > 0) return findMissing(this, record);",
        '    if (!head && session && session.surplus.length > 0 && record.seq > record.done) {\n      session.surplus.shift();\n      session.settled = ++session.shown;\n      record.done++;\n      const { partition, id: conversation } = this;\n      this.desk.settler.settle(partition, { conversation, grant: record.grant, done: record.done, session: this.counted(), entryIds: [] });\n      return "again";\n    }',
      ),
    ],
  },
  {
    id: "A5-life",
    rule: "an entry of another life is not taken for one of this",
    changes: [
      inScript("prelude", "local is_late = (held[1] or held[3]) ~= life or", "local is_late = not held[3] or"),
      inLibrary("rules/src/mailbox", 'if (entry.life !== standing.life) return "forward";', ""),
    ],
  },
  {
    id: "A5-order",
    rule: "life and grant are compared before `seq`",
    changes: [
      inLibrary(
        "rules/src/mailbox",
        "if (!isFresh && (entry.life",
        'if (entry.kind === "message" && entry.seq <= standing.done) return "delete";\n  if (!isFresh && (entry.life',
      ),
    ],
  },
  {
    id: "A5-forward",
    rule: "`rehome` sends entries on to where their conversations are",
    changes: [inScript("prelude", "append(held[2], kind, { seq", "append(member .. '.x', kind, { seq")],
  },
  {
    id: "A6-open",
    rule: "`open` compares the session that it replaces",
    changes: [
      inScript("open", "if chat ~= ARGV[4] then return { 'stale' } end", ""),
      inScript("open", "if chat == ARGV[5] then", "if false then"),
    ],
  },
  {
    id: "A6-advance",
    rule: "`advance` names its session and only grows",
    changes: [
      inScript("advance", "if held[1] ~= ARGV[4] then return { 'stale' } end", ""),
      inScript(
        "advance",
        "local answered = math.max(tonumber(held[2] or '0'), tonumber(ARGV[5]))",
        "local answered = tonumber(ARGV[5])",
      ),
    ],
  },
  {
    id: "A6-old-session",
    rule: "what an old session showed is settled before the next one is made",
    changes: [
      inWorker(
        "conversation",
        "const canShow = session === null || session.surplus.length > 0 || !session.isEnded;",
        'if (session?.isEnded) {\n      this.previousChatId = session.handle.chatId;\n      this.session = null;\n      return "again";\n    }\n    const canShow = true;',
      ),
    ],
  },
  {
    id: "A7-load",
    rule: "record and grant are durable before the first effect",
    changes: [inLibrary("streams/src/partition-store", "wire.runDurably(load", "wire.run(load")],
  },
  {
    id: "A7-open",
    rule: "a session's handle is durable before the first post",
    changes: [inLibrary("streams/src/partition-store", "wire.runDurably(open", "wire.run(open")],
  },
  {
    id: "A8-durable",
    rule: "a burial is durable before the conversation goes on",
    changes: [inLibrary("streams/src/partition-store", "wire.runDurably(bury", "wire.run(bury")],
  },
  {
    id: "A9-connection",
    rule: "a write and its WAIT travel on one connection",
    changes: [
      inLibrary(
        "streams/src/redis-wire",
        "({ durable }) => evaluateWith(durable, call)",
        "async ({ durable, commands }) => [await evaluate(commands, call.script, call.args), await durable.call(call.after.command, ...call.after.args)]",
      ),
    ],
  },
  {
    id: "A10-renew",
    rule: "an ended lease is never renewed, by Redis or by the member's own clock",
    changes: [
      inScript(
        "beat",
        "if not until_ms or tonumber(until_ms) <= now then return { 'evicted' } end",
        "if not until_ms then return { 'evicted' } end",
      ),
      inLibrary(
        "rules/src/lease-trust",
        "return sentAt + bounds.leaseMs - bounds.marginMs;",
        "return sentAt + bounds.leaseMs + 60_000;",
      ),
    ],
  },
  {
    id: "A10-proof",
    rule: "the same name is no proof of death",
    changes: [{ file: "test/simulation/member.ts", rule: 'instance: ""', otherwise: "instance: this.process.name" }],
  },
  {
    id: "A11",
    rule: "after a lost connection everything is forgotten and read again",
    changes: [
      inWorker(
        "desk",
        "context.partitions.onReset((partitions) => this.#reset(partitions))",
        "context.partitions.onReset((partitions) => (partitions.length < 0 ? this.#reset(partitions) : undefined))",
      ),
    ],
  },
  {
    id: "A12-barrier",
    rule: "after a change of server nobody is evicted for one longest lease",
    changes: [
      inScript("lead", "barrier = longest", "barrier = now"),
      inScript("survey", "barrier = longest", "barrier = now"),
    ],
  },
  {
    id: "A12-beat",
    rule: "with replicas a beat counts only when WAIT counted it",
    changes: [inLibrary("streams/src/registry-store", "wire.runDurably(beat", "wire.run(beat")],
  },
  {
    id: "A13",
    rule: "`stale` concerns one conversation, not all",
    changes: [
      inWorker(
        "conversation",
        "    this.forget();\n    throw new Dropped();",
        "    globalThis.refusedMember = this.desk.context.member;\n    this.forget();\n    throw new Dropped();",
      ),
      inLibrary(
        "runtime/src/membership",
        "const beat = await this.#beat(lease, dueAt);",
        'const beat = globalThis.refusedMember === lease.member ? "evicted" : await this.#beat(lease, dueAt);',
      ),
    ],
  },
  {
    id: "A14-takeover",
    rule: "every move appends a takeover entry",
    changes: [
      inScript(
        "prelude",
        "append(to, 't', { seq = 0, life = life, grant = grant, id = id }, cause .. ' ' .. since .. ' ' .. from)",
        "",
      ),
    ],
  },
  {
    id: "A14-rest",
    rule: "a hand-off waits for the reply under way",
    changes: [inWorker("hand-off", "await replies.rest();", "")],
  },
  {
    id: "A15-replies",
    rule: "a session's last replies are at the hub before it is closed",
    changes: [inWorker("closing", 'if ((await conversation.drainReplies()) === "interrupted") return "again";', "")],
  },
  {
    id: "A15-empty",
    rule: "a record that never had a session is closed",
    changes: [inWorker("conversation", "if (!head && session === null) return closeConversation(this, record);", "")],
  },
  {
    id: "A15-keys",
    rule: "a dead member's keys go with its last entry",
    changes: [inScript("rehome", "redis.call('DEL', inbox_key(member))", "do end")],
  },
  {
    id: "A16-key",
    rule: "a reply's key is made of its ordinal, not of its position",
    changes: [
      inLibrary(
        "rules/src/reply",
        "return `${chatId.slice(0, 200)}:${ordinal}:${hash}`;",
        'return `${chatId}:${event.index}:${ordinal > 0 && hash ? "" : hash}`;',
      ),
    ],
  },
  {
    id: "A17",
    rule: "deliveries are counted only for a head that outlived an owner's death",
    changes: [inWorker("delivery", "return record?.suspect === head.seq;", "return record !== null && head.seq > 0;")],
  },
  {
    id: "A18",
    rule: "what is nowhere is buried",
    changes: [
      inScript(
        "missing",
        "dead_letter({ reason = 'missing'",
        "if true then return { 'waiting' } end\ndead_letter({ reason = 'missing'",
      ),
    ],
  },
];
