import { execFileSync } from "node:child_process";
import { type EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, type RedisSettings } from "@dms/runtime";
import {
  type Authority,
  type Issued,
  makeAuthority,
  protocolAt,
  type RedisServer,
  type SentinelSet,
  type ServerTls,
  startRedis,
  startSentinelSet,
  startTlsFront,
  whileOutdatedTlsPasses,
} from "@dms/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openClient } from "./redis-client.ts";
import { javaTrustStore } from "./testing/java-trust-store.ts";
import { startOutcome } from "./testing/start-outcome.ts";

// TLS as an operator configures it: a file is written, read by the configuration, and its settings are connected with.

const dir = mkdtempSync(join(tmpdir(), "dms-tls-"));
const servers: RedisServer[] = [];
let authority: Authority;
let stranger: Authority;
let own: Issued;
let client: Issued;

beforeAll(() => {
  authority = makeAuthority(join(dir, "ours"));
  stranger = makeAuthority(join(dir, "strange"), "a stranger");
  own = authority.issue("server", { hosts: ["127.0.0.1"] });
  client = authority.issue("client");
}, 120_000);

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function start(tls: Partial<ServerTls> = {}): Promise<RedisServer> {
  const server = await startRedis({ tls: { ca: authority.ca, ...own, ...tls } });
  servers.push(server);
  return server;
}

/** The settings of a configuration of ours, or of a Redisson file beside it. */
function settingsFrom(sections: Record<string, unknown>, redisson?: string): RedisSettings {
  const file = join(dir, "dms.yaml");
  const named = redisson === undefined ? {} : { settings: { "redis-client-config": "redisson.yaml" } };
  writeFileSync(file, JSON.stringify({ ...sections, ...named }));
  if (redisson !== undefined) writeFileSync(join(dir, "redisson.yaml"), redisson);
  const loaded = loadConfig(file, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  return loaded.config.redis;
}

const section = (port: number, tls: Record<string, unknown>, host = "127.0.0.1") => ({
  redis: { url: `rediss://${host}:${port}`, tls },
});

test("our section: a private authority and the host's name are checked, and fit", async () => {
  const { port } = await start();
  expect(await startOutcome(settingsFrom(section(port, { ca: authority.ca })))).toBe("open");
});

test("our section: without TLS, with a wrong authority, another host or an expired certificate it waits, and says why", async () => {
  const { port } = await start();
  const plain = settingsFrom({ redis: { url: `redis://127.0.0.1:${port}` } });
  expect(await startOutcome(plain)).toMatch(/closes the connection at once: if it speaks TLS, set redis\.tls/);
  expect(await startOutcome(settingsFrom(section(port, { ca: stranger.ca })))).toMatch(
    /authority that is not trusted: set redis\.tls\.ca/,
  );
  expect(await startOutcome(settingsFrom(section(port, {})))).toMatch(/authority that is not trusted/);
  const misnamed = settingsFrom(section(port, { ca: authority.ca }, "localhost"));
  expect(await startOutcome(misnamed)).toMatch(/not made out to that name: .*redis\.tls\.server-name/);
  const named = settingsFrom(section(port, { ca: authority.ca, "server-name": "127.0.0.1" }, "localhost"));
  expect(await startOutcome(named)).toBe("open");
  expect(await startOutcome(settingsFrom(section(port, { ca: authority.ca, "verify-host": false }, "localhost")))).toBe(
    "open",
  );
  const expired = await start(authority.issue("old", { isExpired: true }));
  expect(await startOutcome(settingsFrom(section(expired.port, { ca: authority.ca })))).toMatch(
    /has expired: renew it/,
  );
}, 120_000);

test("our section: TLS towards a server without it says so", async () => {
  const server = await startRedis();
  servers.push(server);
  expect(await startOutcome(settingsFrom(section(server.port, { ca: authority.ca })))).toMatch(
    /does not speak TLS,? ?:?.*remove redis\.tls/,
  );
}, 120_000);

test("our section: a server that speaks nothing later than TLS 1.1 is refused, whatever Node itself would let pass", async () => {
  const server = await startRedis();
  servers.push(server);
  const old = await startTlsFront({ port: server.port }, { ...own, isOutdated: true });
  const current = await startTlsFront({ port: server.port }, own);
  try {
    await whileOutdatedTlsPasses(async () => {
      expect(await protocolAt(old.port, readFileSync(authority.ca, "utf8"))).toBe("TLSv1.1");
      const accepted = old.accepted();
      expect(await startOutcome(settingsFrom(section(old.port, { ca: authority.ca })))).toMatch(/protocol version/);
      expect(old.accepted()).toBe(accepted);
      expect(await startOutcome(settingsFrom(section(current.port, { ca: authority.ca })))).toBe("open");
    });
  } finally {
    await old.close();
    await current.close();
  }
}, 120_000);

test("our section: a client certificate that is asked for must be there, and of an authority that the server trusts", async () => {
  const { port } = await start({ client });
  const without = settingsFrom(section(port, { ca: authority.ca }));
  expect(await startOutcome(without)).toMatch(
    /wants a client certificate that it trusts: set redis\.tls\.cert and redis\.tls\.key/,
  );
  expect(await startOutcome(settingsFrom(section(port, { ca: authority.ca, ...stranger.issue("client") })))).toMatch(
    /wants a client certificate that it trusts/,
  );
  expect(await startOutcome(settingsFrom(section(port, { ca: authority.ca, ...client })))).toBe("open");
}, 120_000);

test("a Redisson file: PEM, JKS and PKCS12 stores trust the server and show the client's certificate", async () => {
  const { port } = await start({ client });
  const pair = join(dir, "pair.pem");
  writeFileSync(pair, readFileSync(client.cert, "utf8") + readFileSync(client.key, "utf8"));
  const trust = join(dir, "trust.jks");
  writeFileSync(trust, javaTrustStore(readFileSync(authority.ca, "utf8"), "changeit"));
  const keys = join(dir, "keys.p12");
  const exported = [
    "-export",
    "-in",
    client.cert,
    "-inkey",
    client.key,
    "-name",
    "client",
    "-passout",
    "pass:changeit",
    "-out",
    keys,
  ];
  execFileSync("openssl", ["pkcs12", ...exported]);
  const file = (options: string): string => `singleServerConfig:\n  address: "rediss://127.0.0.1:${port}"\n${options}`;
  const pem = `  sslTruststore: ${authority.ca}\n  sslKeystore: ${pair}\n`;
  const java = `  sslTruststore: file://${trust}\n  sslTruststorePassword: changeit\n  sslKeystore: file://${keys}\n  sslKeystorePassword: changeit\n`;
  expect(await startOutcome(settingsFrom({}, file(pem)))).toBe("open");
  expect(await startOutcome(settingsFrom({}, file(java)))).toBe("open");
  const strange = `  sslTruststore: ${stranger.ca}\n  sslKeystore: ${pair}\n`;
  expect(await startOutcome(settingsFrom({}, file(strange)))).toMatch(/authority that is not trusted/);
  expect(await startOutcome(settingsFrom({}, file(`${strange}  sslVerificationMode: NONE\n`)))).toBe("open");
}, 120_000);

test("a socket that tells a second error does not end the process", async () => {
  const { port } = await start();
  const settings = settingsFrom(section(port, { ca: authority.ca }));
  const client = openClient({ settings, durabilityTimeoutMs: 1000, onFault: () => undefined }, "commands");
  await once(client, "ready");
  const { stream } = client as unknown as { stream: EventEmitter };
  stream.emit("error", new Error("write EPIPE"));
  expect(() => stream.emit("error", new Error("alert certificate required"))).not.toThrow();
  client.disconnect();
});

test("sentinels that speak TLS: found, followed and checked like the servers that they name", async () => {
  const tls = { ca: authority.ca, ...own, client };
  const set = await startSentinelSet({ replicas: 1, sentinels: 1, server: { tls } });
  try {
    const at = (options: Record<string, unknown>): RedisSettings =>
      settingsFrom({ redis: { ...sentinelSection(set), ...options } });
    const shown = { cert: client.cert, key: client.key };
    const opened = at({ tls: { ca: authority.ca, ...shown } });
    expect(await startOutcome(opened)).toBe("open");
    await set.failOver();
    expect(await startOutcome(opened)).toBe("open");
    const misfit = /no sentinel answers .*redis\.tls does not fit them/;
    expect(await startOutcome(at({ tls: { ca: stranger.ca, ...shown } }))).toMatch(misfit);
    expect(await startOutcome(at({ tls: { ca: authority.ca } }))).toMatch(misfit);
    expect(await startOutcome(at({}))).toMatch(/if they speak TLS, set redis\.tls/);
  } finally {
    await set.close();
  }
}, 120_000);

/** Where the sentinels are, without how to speak with them. */
function sentinelSection(set: SentinelSet): Record<string, unknown> {
  const { tls: _, ...section } = set.section as Record<string, unknown> & { tls?: unknown };
  return section;
}
