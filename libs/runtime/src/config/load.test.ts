import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority } from "@dms/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFaults } from "./fault.ts";
import { loadConfig, parseConfig } from "./load.ts";
import type { LoadOptions } from "./load.ts";
import type { Config } from "./schema.ts";

function configOf(text: string, options: Partial<LoadOptions & { file: string }> = {}): Config {
  const result = parseConfig(text, { env: {}, ...options });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  return result.config;
}

function faultsOf(text: string, options: Partial<LoadOptions & { file: string }> = {}): string[] {
  const result = parseConfig(text, { env: {}, ...options });
  return result.ok ? [] : formatFaults(result.faults).split("\n");
}

const hub = "hub: { url: https://hub, client-id: dms, client-secret: s }";

test("load: an empty file is a whole configuration of defaults", () => {
  const config = configOf("");
  expect(config.cluster).toMatchObject({ name: "dms", partitions: 8, durability: "none", leaseMs: 3000 });
  expect(config.redis).toEqual({
    mode: "single",
    nodes: [{ host: "127.0.0.1", port: 6379 }],
    database: 0,
    connectTimeoutMs: 2000,
    commandTimeoutMs: 1000,
  });
  expect(config.settings).toEqual({ appName: "DMS" });
  expect(config.channels).toEqual({});
  expect(config.log).toEqual({ level: "info", timeFormat: "ISO8601", buffering: false });
});

test("load: two configurations share no default that one could change", () => {
  configOf("").chat.servers.push("changed");
  expect(configOf("").chat.servers).toEqual([]);
});

test("load: a channel's id and token URL come from its name and URL unless given", () => {
  const config = configOf(
    `channel-whatsapp:\n  ${hub}\nchannel-abc:\n  hub: { url: http://h/, client-id: 007, client-secret: s, channel-id: other, token-url: http://t }`,
  );
  expect(Object.keys(config.channels)).toEqual(["whatsapp", "abc"]);
  expect(config.channels["whatsapp"]?.hub).toMatchObject({
    channelId: "whatsapp",
    tokenUrl: "https://hub/oauth/token",
  });
  expect(config.channels["abc"]?.hub).toMatchObject({ clientId: "007", channelId: "other", tokenUrl: "http://t" });
});

test("load: free maps keep their keys, and names without a value are not in them", () => {
  const config = configOf(
    'chat: { headers: { x-Api-key: a, none: }, user-data: { Some-Key: 012 } }\nlog-filter-data: { Card-No: "hide-first,12" }',
  );
  expect(config.chat.headers).toEqual({ "x-Api-key": "a" });
  expect(config.chat.userData).toEqual({ "Some-Key": "012" });
  expect(config.logFilterData).toEqual({ "Card-No": "hide-first,12" });
});

test.each([
  ["none", "none"],
  ["fsync", "fsync"],
  ["{ replicas: 2 }", { replicas: 2 }],
  ["replicas:2", { replicas: 2 }],
  ['"replicas: 2"', { replicas: 2 }],
])("load: durability %s", (written, durability) => {
  expect(configOf(`cluster: { durability: ${written} }`).cluster.durability).toEqual(durability);
});

test.each([
  ["verbose: all", "trace"],
  ["verbose: standard", "info"],
  ["verbose: none", "silent"],
  ["level: warn", "warn"],
  ["level: warn, verbose: all", "warn"],
])("load: log %s is level %s", (written, level) => {
  expect(configOf(`log: { ${written} }`).log.level).toBe(level);
});

test("load: what comes out of the environment has the type that the schema wants", () => {
  const env = { PORT: "0", OFF: "False", HALF: "0.5", SERVERS: "http://a/genesys/, http://b", NONE: "" };
  const config = configOf(
    'http: { port: "${PORT}" }\nchat-mock: { agents: { enabled: "${OFF}", reply-probability: "${HALF}" } }\nchat: { servers: "${SERVERS}", password: "${NONE}" }\nredis: { password: "${NOT:-}" }',
    { env },
  );
  expect(config.http.port).toBe(0);
  expect(config.chatMock.agents).toMatchObject({ enabled: false, replyProbability: 0.5 });
  expect(config.chat.servers).toEqual(["http://a/genesys", "http://b"]);
  expect(config.chat).not.toHaveProperty("password");
  expect(config.redis).not.toHaveProperty("password");
});

test("load: whole numbers within the range are taken and others refused", () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -10, max: 1100 }), fc.double({ noNaN: true })), (value) => {
      const isGood = Number.isInteger(value) && value >= 1 && value <= 1024;
      const faults = faultsOf(`cluster: { partitions: "${value}" }`);
      expect(faults.length).toBe(isGood ? 0 : 1);
    }),
  );
});

test("load: whatever the text is, it is read or refused and nothing is thrown", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: fc.constantFrom("a:", "\n", " ", "- ", "{", "}", "&a ", "*a", "${", '"', "channel-x") }),
      ),
      (text) => {
        expect(typeof parseConfig(text, { env: {} }).ok).toBe("boolean");
      },
    ),
  );
});

test("load: every kind of fault, all of them at once, each with its line", () => {
  const text = `settings:
  server-mode: wrker
  nam: x
cluster:
  heartbeat-ms: 1500
  lease_ms: 3000
  partitions: \${P}
  durability: "replicas: 99"
channel-whatsapp:
  hub: { url: ftp://hub, client-id: a }
  fetch-limit: 1001
channel-Bad_Name:
  ${hub}
chanel-abc: {}
chat:
  servers: [http://a, nonsense]
  timeout-ms: 2400
  poll-idle-ms: \${UNSET}
hub-mock: []
log-filter-data: { card: hide-some }
redis: { mode: sentinel, nodes: [a, b] }
`;
  expect(faultsOf(text, { env: { P: "2000" } }).toSorted()).toEqual(
    [
      "config.yaml:2 settings.server-mode: found wrker, allowed: one of single, dispatcher, worker",
      "config.yaml:3 settings.nam: found an unknown name, allowed: did you mean name? (app-name, server-mode, redis-client-config, name, instance)",
      "config.yaml:5 cluster.heartbeat-ms: found 1500, allowed: at most a third of cluster.lease-ms (1000 with cluster.lease-ms 3000)",
      "config.yaml:6 cluster.lease_ms: found an unknown name, allowed: did you mean lease-ms? (name, partitions, durability, durability-timeout-ms, heartbeat-ms, lease-ms, leader-check-ms, lease-margin-ms, proved-grace-ms, drain-deadline-ms)",
      "config.yaml:7 cluster.partitions: found ${P} = 2000, allowed: a whole number from 1 to 1024",
      'config.yaml:8 cluster.durability: found "replicas: 99", allowed: none, fsync or replicas: n (n from 1 to 10)',
      'config.yaml:10 channel-whatsapp.hub.url: found "ftp://hub", allowed: a URL that begins with http:// or https://, without query (?), fragment (#) and user part (use client-id and client-secret)',
      "config.yaml:10 channel-whatsapp.hub.client-secret: found nothing, allowed: text (required)",
      "config.yaml:11 channel-whatsapp.fetch-limit: found 1001, allowed: a whole number from 1 to 1000",
      "config.yaml:12 channel-Bad_Name: found a channel with a name that the hub cannot have, allowed: channel-<name>, the name 1 to 63 small letters, digits or dashes",
      "config.yaml:14 chanel-abc: found an unknown name, allowed: did you mean channel-abc? (settings, redis, cluster, chat, worker, dispatcher, jobs, http, log, log-filter, log-filter-data, tracing, hub-mock, chat-mock, channel-abc)",
      "config.yaml:16 chat.servers[1]: found nonsense, allowed: a list, each a URL that begins with http:// or https://, without query (?), fragment (#) and user part (use chat.username and chat.password)",
      "config.yaml:17 chat.timeout-ms: found 2400, allowed: less than cluster.lease-ms - cluster.heartbeat-ms - cluster.lease-margin-ms (1400 with cluster.lease-ms 3000, cluster.heartbeat-ms 1500, cluster.lease-margin-ms 100)",
      "config.yaml:18 chat.poll-idle-ms: found ${UNSET}, which is not set, allowed: set UNSET, or write a default: ${UNSET:-value}",
      "config.yaml:19 hub-mock: found a list, allowed: a map with channels, client-id, client-secret, token-seconds, data-file, seed",
      "config.yaml:20 log-filter-data.card: found hide-some, allowed: a map of names to copy, hide, skip, tag, tag(before,after), hide-first,n, hide-last,n, unhide-first,n or unhide-last,n",
      "config.yaml:21 redis.master-name: found nothing, allowed: the group's name, in mode sentinel",
    ].toSorted(),
  );
});

test("load: what an app needs is asked for by name, and a mock needs nothing", () => {
  expect(faultsOf("chat: { service: x }", { needs: ["channels", "chat"] })).toEqual([
    "config.yaml channel-<name>: found nothing, allowed: at least one section channel-<name> with its hub",
    "config.yaml:1 chat.servers: found nothing, allowed: at least one chat server's URL",
  ]);
  expect(faultsOf("hub-mock: { seed: 1 }")).toEqual([]);
});

test.each([
  ["redis: { url: redis://a, nodes: [b] }", "redis.url: found url and nodes, allowed: one of the two"],
  [
    "redis: { nodes: [a, b] }",
    "redis.nodes: found 2 nodes, allowed: one node in mode single; else mode sentinel, cluster, master-slave or replicated",
  ],
  ["redis: { mode: cluster, nodes: [a], database: 3 }", "redis.database: found 3, allowed: 0 in mode cluster"],
  ["redis: { mode: cluster, url: redis://a }", "redis.url: found url with mode cluster, allowed: nodes, in this mode"],
  [
    "redis: { mode: cluster, nodes: [redis://a, rediss://b] }",
    "redis.nodes: found redis:// beside rediss://, allowed: rediss:// for all or none",
  ],
  ["redis: { tls: { cert: none.pem } }", "redis.tls: found only one of cert and key, allowed: both or none"],
  [
    "redis: { nodes: [] }",
    "redis.nodes: found a list of 0, allowed: a list of 1 or more, each host:port, redis://host:port or rediss://host:port",
  ],
  [
    "redis: { command-timeout-ms: 3000 }",
    "redis.command-timeout-ms: found 3000, allowed: less than cluster.lease-ms (3000 with cluster.lease-ms 3000)",
  ],
  [
    "dispatcher: { backlog-high: 10, backlog-low: 10 }",
    "dispatcher.backlog-low: found 10, allowed: less than dispatcher.backlog-high (10 with dispatcher.backlog-high 10)",
  ],
  [
    "worker: { retry-max-ms: 100 }",
    "worker.retry-base-ms: found 200, allowed: at most worker.retry-max-ms (100 with worker.retry-max-ms 100)",
  ],
])("load: %s is refused", (text, fault) => {
  expect(faultsOf(text)).toContain(`config.yaml:1 ${fault}`);
});

test("load: section redis becomes the settings of each mode, its URL taken apart", () => {
  expect(
    configOf('redis: { url: "rediss://u%40x:p%25@[::1]:1/3", tls: { verify-host: false, server-name: n } }').redis,
  ).toMatchObject({
    nodes: [{ host: "::1", port: 1 }],
    username: "u@x",
    password: "p%",
    database: 3,
    tls: { verifyHost: false, verifyCertificate: true, serverName: "n" },
  });
  expect(configOf("redis: { mode: sentinel, nodes: a:1 , master-name: m, sentinel-password: s }").redis).toMatchObject({
    mode: "sentinel",
    masterName: "m",
    sentinelPassword: "s",
  });
  expect(configOf("redis: { tls: }").redis.tls).toEqual({ verifyHost: true, verifyCertificate: true });
});

test.each([
  ["{ mode: sentinel, master-name: m, nodes: [a, a:7, 'redis://b', '[::1]'] }", [26_379, 7, 26_379, 26_379]],
  ["{ mode: sentinel, master-name: m }", [26_379]],
  ["{ mode: cluster, nodes: [a, a:7] }", [6379, 7]],
  ["{ url: redis://a }", [6379]],
  ["{}", [6379]],
])("load: a node of redis: %s without a port has that of a sentinel or of a server", (section, ports) => {
  expect(configOf(`redis: ${section}`).redis.nodes.map(({ port }) => port)).toEqual(ports);
});

test.each([
  ["a: b: c", "config.yaml:1: found a colon or an indentation that YAML does not allow here"],
  ["http: { port: 1 }\nhttp: {}", "config.yaml:2: found the same option twice"],
  ["a:\n\tb: 1", "config.yaml:2: found a tab at the beginning of a line; use spaces"],
  ["http: {}\nredis: { password: *hunter2 }", "config.yaml:2: found an alias (*name) without its anchor"],
  ["redis: {}\n---\nhttp: {}", "config.yaml:2: found more than one YAML document"],
  ["hunter2", "config.yaml: found a text, allowed: a map with settings, redis"],
  ["- settings", "config.yaml: found a list, allowed: a map with settings, redis"],
])("load: text %j is refused with its line", (text, fault) => {
  expect(faultsOf(text)[0]).toContain(fault);
});

test("load: a file that is not there is a fault with its name", () => {
  expect(loadConfig("/nowhere/config.yaml", { env: {} })).toEqual({
    ok: false,
    faults: [
      {
        file: "/nowhere/config.yaml",
        path: "",
        found: "no file that can be read (ENOENT)",
        allowed: "a YAML file; --config names it",
      },
    ],
  });
});

test("load: options of DMS without meaning here are named in one warning, and the rest of the section counts", () => {
  const result = parseConfig(
    `channel-whatsapp:\n  ${hub.replace("secret: s", 'secret: "${S:-s}"')}\n  driver-classname: com.example.Driver\n  ucs-in-use: false\n  x-debug-mode: true\nchannel-whatsapp-monitor: { sampling-period: 60 }\nlog: { segment: 100 MB, expire: 10, all: [stdout, network] }`,
    { env: {} },
  );
  expect(result).toMatchObject({
    ok: true,
    warnings: [
      "config.yaml: these DMS options mean nothing here and were ignored: channel-whatsapp-monitor, log.segment, log.expire, channel-whatsapp.driver-classname, channel-whatsapp.ucs-in-use, channel-whatsapp.x-debug-mode, log.all (network, memory)",
    ],
  });
  expect(faultsOf("settings: { x-debug-mode: true }")).toHaveLength(1);
});

test("load: a fault in what a merge key brings in has the line where it is written", () => {
  expect(
    faultsOf(
      `channel-a: &a\n  ${hub}\n  fetch-limit: 0\nchannel-b:\n  <<: *a\n  fetch-limit: 1\nchannel-c: { <<: *a }`,
    ),
  ).toEqual(
    ["channel-a", "channel-c"].map(
      (channel) => `config.yaml:3 ${channel}.fetch-limit: found 0, allowed: a whole number from 1 to 1000`,
    ),
  );
});

test("load: anchors and merge keys work", () => {
  const config = configOf(
    `channel-a: &a\n  ${hub}\n  fetch-limit: 10\nchannel-b: { <<: *a, fetch-limit: 20 }\nchannel-c: *a`,
  );
  expect(Object.values(config.channels).map((channel) => channel.fetchLimit)).toEqual([10, 20, 10]);
});

test("two channels that fetch the same log of the same hub are a fault", () => {
  const hub = (id: string) => `hub: { url: "http://h/", client-id: a, client-secret: b, channel-id: ${id} }`;
  const file = (id: string) => `channel-one:\n  ${hub("log")}\nchannel-two:\n  ${hub(id)}\n`;
  expect(parseConfig(file("other"), { env: {} }).ok).toBe(true);
  const result = parseConfig(file("log"), { env: {} });
  expect(result.ok ? [] : result.faults).toMatchObject([
    { path: "channel-two.hub", found: "the log of section channel-one (channel-id log)" },
  ]);
});

test.each([
  ["another case of the host", "https://HUB"],
  ["the scheme's own port", "https://hub:443"],
  ["a slash at the end", "https://hub/"],
])("load: a hub's address in another spelling is the same hub: %s", (_, url) => {
  const section = (address: string) =>
    `hub: { url: "${address}", client-id: a, client-secret: b, channel-id: whatsapp }`;
  const text = `channel-whatsapp:\n  ${hub}\nchannel-b:\n  ${section(url)}`;
  expect(faultsOf(text)).toEqual([
    "config.yaml:4 channel-b.hub: found the log of section channel-whatsapp (channel-id whatsapp), allowed: another hub or channel-id for each channel",
  ]);
});

test("load: the same chat server twice is a fault", () => {
  expect(faultsOf('chat: { servers: ["https://a/genesys", "https://b/genesys", "https://A:443/genesys/"] }')).toEqual([
    'config.yaml:1 chat.servers[2]: found "https://A:443/genesys", the same as chat.servers[0], allowed: each server once',
  ]);
});

test("load: a chat server's password needs a user", () => {
  expect(faultsOf("chat: { username: , password: p }")).toEqual([
    "config.yaml:1 chat.password: found a password without username, allowed: both, username alone, or none",
  ]);
  expect(faultsOf("chat: { username: u, password: p }")).toEqual([]);
  expect(faultsOf("chat: { username: u }")).toEqual([]);
  expect(faultsOf('chat: { username: "${UNSET}", password: p }')).toHaveLength(1);
});

test("load: a channel id is one that the hub's contract allows", () => {
  const text = `channel-a: { hub: { url: http://hub, client-id: a, client-secret: b, channel-id: "Whats App/../x" } }`;
  expect(faultsOf(text)).toEqual([
    'config.yaml:1 channel-a.hub.channel-id: found "Whats App/../x", allowed: 1 to 63 small letters, digits or dashes, the first a letter or digit',
  ]);
});

test("load: one fault of syntax in one line of the file is said once", () => {
  expect(faultsOf("chat: { servers: [https://a }\nhttp: { port: 1 }")).toEqual([
    "config.yaml:1: found a line that is not indented as its block needs, or a bracket above it that is not closed, allowed: a valid YAML file",
  ]);
});

test("load: the files of TLS sections are checked together and their names made absolute", () => {
  const directory = mkdtempSync(join(tmpdir(), "dms-load-"));
  try {
    const authority = makeAuthority(directory);
    const [one, other] = [authority.issue("one"), authority.issue("other")];
    const file = join(directory, "dms.yaml");
    const chat = (tls: string): string => `chat: { servers: [https://chat], tls: { ${tls} } }`;
    const config = configOf(`${chat("ca: ca.pem")}\nhttp: { tls: { cert: one.pem, key: one.key.pem } }`, { file });
    expect(config.chat.tls).toEqual({ ca: authority.ca });
    expect(configOf(chat(`ca: "file://${authority.ca}"`), { file }).chat.tls).toEqual({ ca: authority.ca });
    expect(config.http.tls).toEqual(one);
    const faults = faultsOf(
      `${chat(`cert: ${one.cert}, key: ${other.key}`)}\nredis: { tls: { cert: ${other.cert}, key: ${one.key} } }\nhttp: { tls: { cert: none.pem, key: one.key.pem } }\nchannel-a: { hub: { url: https://hub, client-id: a, client-secret: b, tls: { cert: one.pem } } }`,
      { file },
    );
    expect(faults.map((fault) => fault.replace(/^\S+ /, "").replace(/ \(.*/, ""))).toEqual([
      `chat.tls.key: found ${other.key}, allowed: the private key of the certificate in cert, without a passphrase`,
      "http.tls.cert: found none.pem, allowed: a file that can be read",
      "channel-a.hub.tls: found only one of cert and key, allowed: both or none",
      `redis.tls.key: found ${one.key}, allowed: the private key of the certificate in cert, without a passphrase`,
    ]);
    expect(configOf("redis: { tls: { cert: one.pem, key: one.key.pem } }", { file }).redis.tls).toMatchObject({
      cert: readFileSync(one.cert, "utf8"),
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
