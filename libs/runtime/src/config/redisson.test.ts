import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority } from "@dms/testkit";
import { expect, test } from "vitest";
import { formatFaults } from "./fault.ts";
import { loadConfig } from "./load.ts";
import type { RedisTls } from "./redis-settings.ts";
import { rereadRedisTls } from "./redis-tls.ts";
import { loadRedisson } from "./redisson.ts";
import { testCertificate } from "./test-certificate.ts";
import { keyStoreJks } from "./test-stores.ts";

const directory = mkdtempSync(join(tmpdir(), "config-"));
const file = join(directory, "redisson-config-file.yaml");

function read(text: string, env: Record<string, string> = {}): ReturnType<typeof loadRedisson> {
  writeFileSync(file, text);
  return loadRedisson(file, env);
}

/** The sample of the Digital Messaging Server Guide, with the indentation that its PDF lost. */
const sample = `singleServerConfig:
  idleConnectionTimeout: 10000
  connectTimeout: 10000
  timeout: 3000
  retryAttempts: 3
  retryInterval: 1500
  password: "password"
  subscriptionsPerConnection: 5
  clientName: "DMS"
  sslEnableEndpointIdentification: true
  sslProvider: "JDK"
  # sslTruststore: "file:///C:/Redis TLS/RedisCA Test.keystore"
  pingConnectionInterval: 30000
  keepAlive: false
  tcpNoDelay: false
  address: "redis://127.0.0.1:6379"
  # address: "rediss://wsl-win10desktop:6379"
  subscriptionConnectionMinimumIdleSize: 1
  subscriptionConnectionPoolSize: 5
  connectionMinimumIdleSize: 5
  connectionPoolSize: 10
  database: 0
  dnsMonitoringInterval: 5000
threads: 16
nettyThreads: 32
#codec: !<org.redisson.client.codec.JsonJacksonCodec> {}
referenceEnabled: true
transportMode: "NIO"
lockWatchdogTimeout: 30000
reliableTopicWatchdogTimeout: 600000
keepPubSubOrder: true
useScriptCache: false
minCleanUpDelay: 5
maxCleanUpDelay: 1800
cleanUpKeysAmount: 100
nettyHook: !<org.redisson.client.DefaultNettyHook> {}
useThreadClassLoader: true
addressResolverGroupFactory: !<org.redisson.connection.DnsAddressResolverGroupFactory> {}
`;

test("redisson: the guide's sample works unchanged, and one warning names what means nothing here", () => {
  const result = read(sample);
  expect(result.settings).toEqual({
    mode: "single",
    nodes: [{ host: "127.0.0.1", port: 6379 }],
    password: "password",
    database: 0,
    clientName: "DMS",
    connectTimeoutMs: 10_000,
    commandTimeoutMs: 3000,
  });
  expect(result.warnings).toHaveLength(1);
  expect(result.warnings[0]).toContain(
    `${file}: these Redisson options mean nothing here and were ignored: threads, nettyThreads,`,
  );
  expect(result.warnings[0]).toContain("singleServerConfig.connectionPoolSize");
  expect(result.warnings[0]).not.toMatch(/password|address:|timeout,/);
});

test("redisson: in a configuration its time-outs are cut to fit the lease, with a warning", () => {
  writeFileSync(file, sample);
  writeFileSync(join(directory, "config.yaml"), "settings: { redis-client-config: redisson-config-file.yaml }");
  expect(loadConfig(join(directory, "config.yaml"), { env: {} })).toMatchObject({
    ok: true,
    config: { redis: { password: "password", connectTimeoutMs: 3000, commandTimeoutMs: 1000 } },
    warnings: [
      expect.stringContaining("ignored"),
      expect.stringContaining("timeout 3000 to 1000, connectTimeout 10000 to 3000"),
    ],
  });
});

test.each([
  ["timeout: 9000", ["timeout 9000 to 1000"]],
  ["connectTimeout: 10000", ["connectTimeout 10000 to 3000"]],
  ["timeout: 900, connectTimeout: 2500", []],
])("redisson: with { %s } the warning names only the time-outs that were cut", (options, cuts) => {
  writeFileSync(file, `singleServerConfig: { address: "redis://a:6379", ${options} }`);
  writeFileSync(join(directory, "config.yaml"), "settings: { redis-client-config: redisson-config-file.yaml }");
  expect(loadConfig(join(directory, "config.yaml"), { env: {} })).toMatchObject({
    ok: true,
    warnings: cuts.map(
      (cut) =>
        `settings.redis-client-config (redisson-config-file.yaml): time-outs cut to fit cluster.lease-ms 3000: ${cut}`,
    ),
  });
});

test("redisson: the same sample as the PDF has it, without indentation, is refused with a hint", () => {
  const result = read(sample.replaceAll(/^ {2}(idle|timeout)/gm, "$1").replaceAll(/^ {2}/gm, " "));
  expect(result.faults[0]).toMatchObject({ file, allowed: expect.stringContaining("indented below it") });
});

test.each([
  [
    "sentinel",
    `sentinelServersConfig:
  sentinelAddresses: ["redis://a:26379", redis://b:26379]
  masterName: group
  sentinelPassword: s
  username: u`,
    {
      mode: "sentinel",
      nodes: [
        { host: "a", port: 26_379 },
        { host: "b", port: 26_379 },
      ],
      masterName: "group",
      sentinelPassword: "s",
      username: "u",
    },
  ],
  [
    "cluster",
    "clusterServersConfig: { nodeAddresses: [redis://a:7000, redis://b:7001], scanInterval: 1000, password: null }",
    {
      mode: "cluster",
      nodes: [
        { host: "a", port: 7000 },
        { host: "b", port: 7001 },
      ],
    },
  ],
  [
    "master and replicas",
    "masterSlaveServersConfig: { masterAddress: redis://a:6379, slaveAddresses: [redis://b:6379, redis://c:6379], readMode: SLAVE }",
    {
      mode: "master-slave",
      nodes: [
        { host: "a", port: 6379 },
        { host: "b", port: 6379 },
        { host: "c", port: 6379 },
      ],
    },
  ],
  [
    "replicated",
    "replicatedServersConfig: { nodeAddresses: [redis://a:6379] }",
    { mode: "replicated", nodes: [{ host: "a", port: 6379 }] },
  ],
  [
    "newer versions with credentials at the top",
    'password: "${PASSWORD}"\nusername: u\nsingleServerConfig: { address: "redis://a:1", database: 5 }',
    { mode: "single", nodes: [{ host: "a", port: 1 }], username: "u", password: "p", database: 5 },
  ],
  [
    "credentials in the address",
    'singleServerConfig: { address: "redis://u:p@a:1/4" }',
    { username: "u", password: "p", database: 4 },
  ],
])("redisson: %s", (_, text, settings) => {
  const result = read(text, { PASSWORD: "p" });
  expect(formatFaults(result.faults)).toBe("");
  expect(result.settings).toMatchObject({ database: 0, ...settings });
  expect(result.settings).not.toHaveProperty("tls");
});

test.each([
  ["", { verifyHost: true, verifyCertificate: true }, 0],
  ["sslEnableEndpointIdentification: false", { verifyHost: false, verifyCertificate: true }, 0],
  ["sslVerificationMode: CA_ONLY", { verifyHost: false, verifyCertificate: true }, 0],
  ["sslVerificationMode: NONE", { verifyHost: false, verifyCertificate: false }, 1],
  ["sslTruststore: ca.pem", { ca: testCertificate, verifyHost: true, verifyCertificate: true }, 0],
])("redisson: rediss:// with {%s}", (option, tls, warnings) => {
  writeFileSync(join(directory, "ca.pem"), testCertificate);
  const result = read(`singleServerConfig:\n  address: rediss://wsl-win10desktop:6379\n  ${option}`);
  expect(result.settings?.tls).toEqual(tls);
  expect(result.warnings).toHaveLength(warnings);
});

test("redisson: its faults come all at once under its own name, without secrets", () => {
  const result = read(`sentinelServersConfig:
  sentinelAddresses: ["rediss://a:26379", "http://u:hunter2@b", "http://u:hunter2@c"]
  password: [hunter2]
  timeout: soon
  sslTruststore: "file:///C:/Redis TLS/RedisCA Test.keystore"
  sslTruststorePassword: hunter2
`);
  expect(result.settings).toBeUndefined();
  const text = formatFaults(result.faults);
  expect(text).not.toContain("hunter2");
  for (const expected of [
    'sentinelServersConfig.sentinelAddresses[1]: found "http://<redacted>@b"',
    'sentinelServersConfig.sentinelAddresses[2]: found "http://<redacted>@c"',
    "sentinelServersConfig.password: found <redacted>",
    "sentinelServersConfig.timeout: found soon, allowed: a whole number",
    "sentinelServersConfig.masterName: found nothing",
  ]) {
    expect(text).toContain(expected);
  }
  expect(text.split("\n").every((line) => line.startsWith(`${file}:`))).toBe(true);
});

test("redisson: a trust store that is not there is a fault with the path that was looked for", () => {
  const result = read(
    'singleServerConfig:\n  address: rediss://a:6379\n  sslTruststore: "file:///C:/Redis TLS/RedisCA Test.keystore"',
  );
  expect(formatFaults(result.faults)).toContain(
    `${file}:3 singleServerConfig.sslTruststore: found a file that does not serve, allowed: a file that can be read (ENOENT; this is looked for: /C:/Redis TLS/RedisCA Test.keystore)`,
  );
});

test("redisson: a key store's key is that of its certificate, and an encrypted one in PEM is opened", () => {
  const authority = makeAuthority(directory);
  const [one, other] = [authority.issue("one"), authority.issue("other")];
  const cert = readFileSync(one.cert, "utf8");
  const key = createPrivateKey(readFileSync(one.key));
  const encrypted = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "changeit" });
  const store = (pem: string, password = "") => {
    writeFileSync(join(directory, "store.pem"), pem);
    const options = `sslKeystore: store.pem, sslKeystorePassword: "${password}"`;
    return read(`singleServerConfig: { address: "rediss://a:6379", ${options} }`);
  };
  for (const pem of [cert + String(encrypted), String(encrypted) + cert]) {
    const tls = store(pem, "changeit").settings?.tls;
    expect(createPrivateKey(tls?.key ?? "").equals(key)).toBe(true);
    expect(rereadRedisTls(tls as RedisTls)).toEqual({ cert: tls?.cert, key: tls?.key });
    for (const password of ["", "hunter2"]) {
      expect(formatFaults(store(pem, password).faults)).toBe(
        `${file}:1 singleServerConfig.sslKeystore: found a file that does not serve, allowed: a PEM file whose private key opens with its password option`,
      );
    }
  }
  expect(store(cert + readFileSync(one.key, "utf8")).faults).toEqual([]);
  expect(formatFaults(store(cert + readFileSync(other.key, "utf8")).faults)).toBe(
    `${file}:1 singleServerConfig.sslKeystore: found a file that does not serve, allowed: a file whose private key is that of its first certificate`,
  );
});

test("redisson: a Java key store serves", () => {
  writeFileSync(join(directory, "key.jks"), Buffer.from(keyStoreJks, "base64"));
  const options = "sslKeystore: key.jks, sslKeystorePassword: changeit";
  expect(read(`singleServerConfig: { address: "rediss://a:6379", ${options} }`).faults).toEqual([]);
});

test.each([
  ["threads: 16", "found no server section, allowed: one of singleServerConfig, sentinelServersConfig"],
  ["singleServersConfig: { address: redis://a:6379 }", "did you mean singleServerConfig?"],
  [
    "singleServerConfig: { address: redis://a:6379 }\nreplicatedServersConfig: { nodeAddresses: redis://a:6379 }",
    "found singleServerConfig and replicatedServersConfig",
  ],
  ["singleServerConfig: { timeout: 1 }", "singleServerConfig.address: found nothing"],
  [
    "clusterServersConfig: { nodeAddresses: redis://a:6379, database: 1 }",
    "clusterServersConfig.database: found 1, allowed: 0 in a cluster",
  ],
  ["clusterServersConfig: { nodeAddresses: [redis://a:6379, rediss://b:6379] }", "found redis:// beside rediss://"],
  ['singleServerConfig: { address: "redis://${UNSET}" }', "found ${UNSET}, which is not set"],
  ["singleServerConfig: 5", "singleServerConfig: found a text, allowed: a map"],
])("redisson: %s is refused", (text, fault) => {
  const result = read(text);
  expect(result.settings).toBeUndefined();
  expect(formatFaults(result.faults)).toContain(fault);
});

test.each([
  ["singleServerConfig: { address: a }", { nodes: [{ host: "a", port: 6379 }] }],
  [
    'sentinelServersConfig: { masterName: m, sentinelAddresses: ["redis://a:1", b] }',
    {
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 26379 },
      ],
    },
  ],
  ["singleServerConfig: { address: redis://secret@a:1 }", { password: "secret" }],
  ["singleServerConfig: { address: 'redis://:secret@a:1' }", { password: "secret" }],
  ["singleServerConfig: { address: 'redis://u:p@a:1' }", { username: "u", password: "p" }],
])("redisson: %s", (text, expected) => {
  const { settings, faults } = read(text);
  expect(faults).toEqual([]);
  expect({ username: undefined, ...settings }).toMatchObject({ username: undefined, ...expected });
});

test("redisson: a file that is missing, or stands beside section redis, is a fault of its own", () => {
  const config = join(directory, "both.yaml");
  writeFileSync(config, "settings: { redis-client-config: none.yaml }\nredis: { url: redis://a }");
  const result = loadConfig(config, { env: {} });
  expect(result.ok ? "" : formatFaults(result.faults)).toBe(
    `${join(directory, "none.yaml")}: found no file, allowed: a Redisson YAML file that can be read (settings.redis-client-config names it)
${config}:1 settings.redis-client-config: found a file beside section redis, allowed: one of the two`,
  );
});
