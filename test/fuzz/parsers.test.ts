import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readCreated, readFile, readTurn } from "../../libs/chat-client/src/chat-answer.ts";
import { writeJson } from "../../libs/http-client/src/json-depth.ts";
import { parseFetchedBatch } from "../../libs/hub-client/src/fetched-batch.ts";
import { parseEntryHeader } from "../../libs/protocol/src/entry.ts";
import { conversationId, partitionOf } from "../../libs/protocol/src/ids.ts";
import { render } from "../../libs/rules/src/posts.ts";
import { planReply, replyKey } from "../../libs/rules/src/reply.ts";
import { countTranscript, hasRepeats, judgeSurplus, nextPosition } from "../../libs/rules/src/transcript.ts";
import { parseCommandLine } from "../../libs/runtime/src/config/cli.ts";
import { formatFaults, parseConfig, printConfig } from "../../libs/runtime/src/config/index.ts";
import { readKeyStore, readTrustStore } from "../../libs/runtime/src/config/pem-files.ts";
import { loadRedisson } from "../../libs/runtime/src/config/redisson.ts";
import { keyStoreJks, trustStorePkcs12 } from "../../libs/runtime/src/config/test-stores.ts";
import { parseFilterSpec } from "../../libs/runtime/src/log/filter-spec.ts";
import { noRules, Scrubber } from "../../libs/runtime/src/log/scrubber.ts";
import { openBudget, TextFilter } from "../../libs/runtime/src/log/text-filter.ts";
import { feed } from "./campaign.ts";
import { hostileValue, spoilt, spoiltBytes } from "./hostile.ts";

// Every parser of the project against hostile input: never an exception, never a hang, faults in words without secrets.

const folder = mkdtempSync(join(tmpdir(), "dms-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

const planted = "planted-secret-value";

const message = {
  sequence: 1,
  id: "i1",
  conversationId: "c1",
  type: "media",
  from: { id: "u", name: "Ana" },
  to: { id: "b" },
  sentAt: "2026-01-01T00:00:00Z",
  text: "hi",
  media: [{ id: "m1", mime: "image/png", name: "a.png", bytes: 5, caption: "x" }],
  location: { latitude: 1, longitude: 2 },
  contact: { name: "x", phones: ["1"] },
  interactive: { kind: "button", id: "1", title: "yes" },
  receipt: { messageId: "x", status: "read" },
  attributes: { a: "b" },
};

test("fuzz: a hub's batch", async () => {
  const batch = { messages: [message, { ...message, sequence: 2, id: "i2", type: "text" }] };
  const bytes = fc.oneof(
    spoilt(batch).map((value) => Buffer.from(writeJson(value))),
    spoiltBytes(JSON.stringify(batch)),
  );
  await feed({
    name: "hub batch",
    share: 0.15,
    cases: bytes,
    check: (given) => {
      const read = parseFetchedBatch(given, { after: null, limit: 500 });
      if ("fault" in read) return assert.notEqual(read.fault, "");
      for (const fetched of read.value) {
        if (!fetched.parsed) JSON.parse(fetched.raw);
        else {
          const id = conversationId("whatsapp", fetched.message.conversationId);
          assert.equal(Buffer.from(id).toString(), id);
          assert.ok(partitionOf(id, 8) < 8);
          render(fetched.message);
          JSON.stringify(fetched.message);
        }
      }
    },
  });
});

const turn = {
  statusCode: 0,
  alias: "1",
  userId: "u",
  secureKey: "k",
  chatId: "c",
  chatEnded: false,
  nextPosition: 3,
  messages: [
    { from: { nickname: "a", participantId: 1, type: "Client" }, index: 1, type: "Message", utcTime: 1, text: "hi" },
    { from: { type: "Agent" }, index: 2, type: "FileUploaded", userData: { "file-id": "f", "file-name": "n" } },
    {
      from: { type: "Agent" },
      index: 3,
      type: "Message",
      text: "x",
      eventAttributes: { "structured-content": { a: { contentType: "x" } } },
    },
  ],
};

test("fuzz: a chat server's answer, and all that is done with its events", async () => {
  const handle = { chatId: "c", secureKey: "k", userId: "", alias: "", server: "http://127.0.0.1" };
  const conversation = { hubConversationId: "c", parties: { customer: "u", business: "b" } };
  const body = fc.oneof(
    spoilt(turn).map((value) => Buffer.from(writeJson(value))),
    spoiltBytes(JSON.stringify(turn)),
  );
  const header = fc.oneof(fc.constant("application/json"), fc.string(), fc.string({ unit: "binary" }));
  await feed({
    name: "chat answer",
    share: 0.15,
    cases: fc.tuple(body, header, header, fc.constantFrom(200, 204, 302, 404, 500)),
    check: ([bytes, type, disposition, status]) => {
      const headers = { "content-type": type, "content-disposition": disposition, "retry-after": type };
      const answer = { kind: "answer", status, headers, bytes } as const;
      const reading = { server: "http://127.0.0.1/g", wallMs: 0 };
      readCreated(answer, { ...reading, operation: "create" });
      readFile(answer, { ...reading, operation: "download", fileId: "f" });
      const read = readTurn(answer, { ...reading, operation: "refresh", handle, wantsEvents: true, isHearsay: false });
      if (!read.ok) return;
      const { ownPosts, agentMessages } = countTranscript(read.value.events);
      hasRepeats(ownPosts);
      for (const own of ownPosts)
        judgeSurplus(own, { kind: "text", text: "hi", messageType: "text" }, { haveRepeats: true });
      expect(nextPosition(read.value.nextPosition, read.value.events, 1)).toBeGreaterThan(0);
      for (const [place, event] of agentMessages.entries()) {
        const plan = planReply(event, conversation);
        if (plan.kind === "message") JSON.stringify(plan.message);
        replyKey("c", { ordinal: place + 1, event });
      }
    },
  });
});

const config = {
  settings: { "app-name": "DMS", "server-mode": "worker" },
  redis: { url: `redis://u:${planted}@127.0.0.1:6379/0` },
  cluster: { partitions: 8, durability: { replicas: 1 } },
  "channel-w": { hub: { url: "http://h", "client-id": "a", "client-secret": planted }, "inbound-media": "x" },
  chat: { servers: ["http://c/g"], headers: { "x-api-key": planted }, password: planted },
  log: { all: "stdout", verbose: "all" },
  "log-filter-data": { card: "hide-first,4" },
  http: { "admin-token": planted },
};

test("fuzz: a configuration file", async () => {
  const yaml = `settings: { app-name: "a" }\nredis:\n  url: redis://u:${planted}@h/0\nchannel-w: &w\n  hub: { url: http://h, client-id: a, client-secret: "${planted}" }\nchannel-v: { <<: *w }\nlog: { level: info }\n`;
  const text = fc.oneof(
    spoilt(config).map((value) => [writeJson(value), false] as const),
    fc
      .oneof(spoiltBytes(yaml).map(String), fc.string(), fc.constantFrom(...bombs))
      .map((each) => [each, true] as const),
  );
  await feed({
    name: "configuration",
    share: 0.15,
    cases: text,
    check: ([given, areBytesMoved]) => {
      const read = parseConfig(given, {
        env: { HOME: "/x", SECRET: planted },
        needs: ["channels", "chat"],
        file: join(folder, "c.yaml"),
      });
      const told = read.ok ? [...read.warnings, printConfig(read.config)].join("\n") : formatFaults(read.faults);
      assert.ok(read.ok || told !== "");
      // Where bytes were moved the secret may stand where a name does, and names are told.
      assert.ok(areBytesMoved || !told.includes(planted));
    },
  });
});

/** Billions of copies by aliases, a long flow, deep indentation. */
const bombs = [
  `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n`,
  `a: &a { b: *a }\n`,
  `channel-a: &a { <<: *a }\n`,
  `${"[".repeat(2000)}${"]".repeat(2000)}`,
  `${"a: { ".repeat(500)}`,
  `? ${"x".repeat(10_000)}\n: y\n`,
  `settings: ${"&a ".repeat(100)}\n`,
  `!!js/function "x"`,
  `%YAML 9.9\n---\n`,
];

const redisson = {
  singleServerConfig: { address: `redis://u:${planted}@127.0.0.1:6379`, password: planted, timeout: 3000 },
  threads: 16,
};

/** What holds its secrets in places where it is refused, so that every case has faults about them. */
const refusedRedisson = {
  sentinelServersConfig: {
    sentinelAddresses: ["redis://a:1", `http://u:${planted}@b:2`, `rediss://u:${planted}@c:x`],
    password: [planted],
    sentinelPassword: { a: planted },
    sslKeystore: "file:///nowhere.jks",
    sslKeystorePassword: planted,
  },
};

test("fuzz: a Redisson file", async () => {
  const passwordLine = `\n  password: ${planted}\n`;
  const yaml = `singleServerConfig:\n  address: "redis://127.0.0.1:6379"${passwordLine}  codec: !<org.redisson.codec.X> {}\n  timeout: 3000\nthreads: 16\n`;
  const sentinel = `sentinelServersConfig:\n  sentinelAddresses: ["redis://a:1", "rediss://b:2"]${passwordLine}  masterName: m\n  sslKeystore: file:///nowhere.jks\n  sslTruststore: /proc/self/mem\n`;
  const file = join(folder, "redisson.yaml");
  await feed({
    name: "Redisson",
    share: 0.1,
    cases: fc.oneof(
      fc
        .oneof(spoilt(redisson), spoilt(refusedRedisson))
        .map((value) => [Buffer.from(writeJson(value)), true] as const),
      // Where bytes were moved the secret may stand where a name does, and names are told: its line must be whole.
      fc.oneof(spoiltBytes(yaml), spoiltBytes(sentinel)).map((given) => [given, given.includes(passwordLine)] as const),
      fc.constantFrom(...bombs).map((bomb) => [Buffer.from(bomb), true] as const),
    ),
    check: ([given, isSecretInPlace]) => {
      writeFileSync(file, given);
      const read = loadRedisson(file, {});
      assert.ok(read.settings !== undefined || read.faults.length > 0);
      const told = [formatFaults(read.faults), ...read.warnings].join("\n");
      assert.ok(!isSecretInPlace || !told.includes(planted), told);
    },
  });
});

test("fuzz: a Java key store", async () => {
  const stores = [trustStorePkcs12, keyStoreJks].map((store) => Buffer.from(store, "base64"));
  const file = { name: "store", directory: folder };
  await feed({
    name: "key store",
    share: 0.05,
    cases: fc.tuple(fc.oneof(...stores.map(spoiltBytes)), fc.constantFrom("changeit", planted, undefined)),
    check: ([given, password]) => {
      writeFileSync(join(folder, file.name), given);
      for (const read of [readTrustStore, readKeyStore]) {
        const result = read({ ...file, password });
        const told = result.ok ? JSON.stringify(result.value) : result.allowed;
        assert.ok(told.length > 0 && (result.ok || !/planted-secret|changeit/.test(told)), told);
      }
    },
  });
});

const spec = {
  filters: [
    { name: "a", kind: "skip", search: "secret" },
    {
      name: "b",
      kind: "edit",
      steps: [{ search: "(?:\\d[ .-]?){9,60}((?:\\d[ .-]?){3}\\d)", replace: "*$1", check: "luhn" }],
    },
  ],
};

test("fuzz: a filter specification, and a hostile text through what it compiles to", async () => {
  const pattern = fc.stringMatching(/^[ab.*+?(){}|[\]\\^$0-9,:dwsS-]{1,40}$/);
  const search = pattern.map((given) => ({
    filters: [{ name: "n", kind: "edit", steps: [{ search: given, replace: "$0" }] }],
  }));
  const texts = fc.constantFrom(
    "a".repeat(4096),
    "ab".repeat(2048),
    "4111 1111 1111 1112 ".repeat(200),
    "\ud800".repeat(4096),
    "1".repeat(4096),
  );
  await feed({
    name: "filter specification",
    share: 0.15,
    cases: fc.tuple(
      fc.oneof(
        spoilt(spec).map(writeJson),
        search.map((value) => JSON.stringify(value)),
        spoiltBytes(JSON.stringify(spec)).map(String),
      ),
      texts,
    ),
    check: ([given, text]) => {
      const read = parseFilterSpec(given);
      if ("faults" in read) return assert.ok(read.faults.length > 0);
      new TextFilter(read.filters).apply(text, openBudget());
    },
  });
});

test("fuzz: the facts of a log line", async () => {
  const scrubber = new Scrubber({
    keyRules: { defaultRule: "hide-first,2", keys: { a: "skip" } },
    filters: [],
    secrets: [planted],
  });
  await feed({
    name: "log line",
    share: 0.1,
    cases: fc.record({
      UserData: hostileValue,
      call: spoilt(turn),
      password: hostileValue,
      text: fc.string().map((text) => text + planted),
    }),
    check: (fields) => {
      const line = scrubber.line(fields, `x ${planted}`, false);
      const written = JSON.stringify(line);
      expect(written).not.toContain(planted);
      expect(line?.fields["password"]).toBe("<redacted>");
      new Scrubber(noRules).line(fields, "x", true);
    },
  });
});

test("fuzz: entries in Redis and arguments of a command line", async () => {
  await feed({
    name: "entry header, command line",
    share: 0.05,
    cases: fc.tuple(
      spoiltBytes("m 12 1700000000000.abc 1700000000000.def whatsapp:c 1").map(String),
      fc.array(fc.string(), { maxLength: 4 }),
    ),
    check: ([header, argv]) => {
      parseEntryHeader(header);
      parseCommandLine(argv);
      parseCommandLine(["--config", "x", ...argv.map((each) => `--${each}`)]);
    },
  });
});

test("fuzz: a parser without a bound for depth, and one that hangs, are found out", async () => {
  const rewrite = (depth: number): string => JSON.stringify(JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`));
  const naive = {
    name: "naive",
    share: 0.05,
    cases: fc.constant(50_000),
    check: (depth: number) => void rewrite(depth),
  };
  await expect(feed(naive)).rejects.toMatchObject({ cause: { message: "Maximum call stack size exceeded" } });
  const busy = (): void => {
    const before = process.cpuUsage().user;
    while (process.cpuUsage().user - before < 1_200_000);
  };
  const slow = { name: "slow", share: 0.05, cases: fc.constant(""), check: busy };
  await expect(feed(slow)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("took too long") as string },
  });
});
