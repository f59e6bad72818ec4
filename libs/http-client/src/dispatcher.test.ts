import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsMaterial, TrustSource } from "@dms/rules";
import {
  type Authority,
  type Issued,
  makeAuthority,
  protocolAt,
  startHttpProxy,
  startTlsFront,
  whileOutdatedTlsPasses,
} from "@dms/testkit";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createDispatcher, type DispatcherOptions } from "./dispatcher.ts";
import { exchange } from "./exchange.ts";
import { startLoopback } from "./testing/loopback.ts";

// The matrix of TLS as a client: what is trusted, what is refused, and what goes through a proxy.

const dir = mkdtempSync(join(tmpdir(), "dms-tls-"));
const open: { close(): Promise<unknown> }[] = [];
let authority: Authority;
let stranger: Authority;
let server: Issued;

beforeAll(() => {
  authority = makeAuthority(join(dir, "ours"));
  stranger = makeAuthority(join(dir, "stranger"), "another authority");
  server = authority.issue("server");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

afterAll(() => rmSync(dir, { recursive: true }));

const pem = (file: string): string => readFileSync(file, "utf8");

function trusting(material: TlsMaterial): TrustSource & { renew(next: TlsMaterial): void } {
  let current = material;
  const listeners: (() => void)[] = [];
  return {
    current: () => current,
    onRenewed: (listener) => listeners.push(listener),
    renew: (next) => {
      current = next;
      for (const listener of listeners) listener();
    },
  };
}

async function secureServer(issued: Issued, options: { clientCa?: string; isOutdated?: boolean } = {}) {
  const plain = await startLoopback(({ response }) => response.end("hello"));
  const front = await startTlsFront({ port: Number(new URL(plain.url).port) }, { ...issued, ...options });
  open.push(plain, front);
  return { front, plain, url: `https://127.0.0.1:${front.port}` };
}

/** A proxy that is itself reached by TLS, and its URL with credentials. */
async function secureProxy(issued: Issued, options: { isOutdated?: boolean } = {}) {
  const proxy = await startHttpProxy({ user: "dms", password: "p@ss" });
  const front = await startTlsFront({ port: proxy.port }, { ...issued, ...options });
  open.push(proxy, front);
  return { front, proxy, url: `https://dms:p%40ss@127.0.0.1:${front.port}` };
}

function client(options: Partial<DispatcherOptions>) {
  const dispatcher = createDispatcher({ connections: 2, timeoutMs: 5000, ...options });
  open.push({ close: () => dispatcher.destroy() });
  const never = new AbortController().signal;
  return async (url: string): Promise<string> => {
    const request = { url: new URL(url), method: "GET", headers: {}, bytesMax: 1000 } as const;
    const answer = await exchange(dispatcher, request, never);
    if (answer.kind === "answer") return `${answer.status} ${answer.bytes.toString()}`;
    return answer.kind === "error" ? `${answer.errorCode}${answer.isSent ? " sent" : ""}` : answer.kind;
  };
}

test("a server of a private authority is trusted by its CA and by nothing else", async () => {
  const { url, plain } = await secureServer(server);
  expect(await client({ trust: trusting({ ca: pem(authority.ca) }) })(url)).toBe("200 hello");
  expect(await client({ trust: trusting({ ca: pem(stranger.ca) }) })(url)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  expect(await client({})(url)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  expect(plain.visits).toHaveLength(1);
});

test("a certificate for another host is refused, and taken under the name that is asked for", async () => {
  const { url } = await secureServer(authority.issue("elsewhere", { hosts: ["hub.example"] }));
  const ca = pem(authority.ca);
  expect(await client({ trust: trusting({ ca }) })(url)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await client({ trust: trusting({ ca, serverName: "hub.example" }) })(url)).toBe("200 hello");
});

test("an expired certificate is refused", async () => {
  const { url } = await secureServer(authority.issue("old", { isExpired: true }));
  expect(await client({ trust: trusting({ ca: pem(authority.ca) }) })(url)).toBe("CERT_HAS_EXPIRED");
});

test("a server that wants a client certificate takes one of its authority only", async () => {
  const { url, plain } = await secureServer(server, { clientCa: authority.ca });
  const ca = pem(authority.ca);
  const as = (issued: Issued) => client({ trust: trusting({ ca, cert: pem(issued.cert), key: pem(issued.key) }) })(url);
  expect(await as(authority.issue("dms"))).toBe("200 hello");
  expect(await client({ trust: trusting({ ca }) })(url)).toMatch(/^(ERR_SSL_|ECONNRESET|UND_ERR_SOCKET)/);
  expect(await as(stranger.issue("dms"))).toMatch(/^(ERR_SSL_|ECONNRESET|UND_ERR_SOCKET)/);
  expect(plain.visits).toHaveLength(1);
});

test("plain HTTP to a TLS port and TLS to a plain port come to nothing", async () => {
  const { url, plain } = await secureServer(server);
  const ask = client({ trust: trusting({ ca: pem(authority.ca) }) });
  expect(await ask(url.replace("https", "http"))).not.toMatch(/^200/);
  expect(await ask(plain.url.replace("http", "https"))).toMatch(/^(ERR_SSL_|EPROTO)/);
});

test("renewed certificates serve new calls, while a call under way ends on the old connection", async () => {
  const ca = pem(authority.ca);
  const trust = trusting({ ca });
  const ask = client({ trust });
  const slow = Promise.withResolvers<void>();
  const plain = await startLoopback(async ({ path, response }) => {
    if (path === "/slow") await slow.promise;
    response.end(path);
  });
  const front = await startTlsFront({ port: Number(new URL(plain.url).port) }, server);
  open.push(plain, front);
  const url = `https://127.0.0.1:${front.port}`;
  const underWay = ask(`${url}/slow`);
  await plain.visited(1);
  front.renew(stranger.issue("server"));
  trust.renew({ ca: pem(stranger.ca) });
  expect(await ask(`${url}/new`)).toBe("200 /new");
  slow.resolve();
  expect(await underWay).toBe("200 /slow");
  expect(front.accepted()).toBe(2);
});

test("https goes through a proxy by a tunnel, with its credentials, and the server's certificate still counts", async () => {
  const { url } = await secureServer(server);
  const proxy = await startHttpProxy({ user: "dms", password: "p@ss" });
  open.push(proxy);
  const trust = trusting({ ca: pem(authority.ca) });
  expect(await client({ proxy: proxy.url, noProxy: "", trust })(url)).toBe("200 hello");
  expect(proxy.tunnels).toEqual([new URL(url).host]);
  const wrong = trusting({ ca: pem(stranger.ca) });
  expect(await client({ proxy: proxy.url, noProxy: "", trust: wrong })(url)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("an https proxy is trusted by the same authority and under its own name, and the tunnel through it is the same", async () => {
  const { url } = await secureServer(authority.issue("elsewhere", { hosts: ["hub.example"] }));
  const proxy = await secureProxy(authority.issue("proxy"));
  const trust = trusting({ ca: pem(authority.ca), serverName: "hub.example" });
  const ask = client({ proxy: proxy.url, noProxy: "", trust });
  expect(await ask(url)).toBe("200 hello");
  expect(proxy.proxy.tunnels).toEqual([new URL(url).host]);
  expect(proxy.front.accepted()).toBe(1);
  // Without a tunnel: this proxy has the request and the credentials, and does not do such things.
  expect(await ask("http://127.0.0.1:1/")).toBe("501 ");
  expect(proxy.proxy.refused()).toBe(0);
});

test("an https proxy of another authority, or made out to another name, hears nothing", async () => {
  const { url, plain } = await secureServer(server);
  const trust = trusting({ ca: pem(authority.ca) });
  const through = async (issued: Issued) => {
    const proxy = await secureProxy(issued);
    const outcomes = [];
    for (const target of [url, plain.url])
      outcomes.push(await client({ proxy: proxy.url, noProxy: "", trust })(target));
    expect([proxy.proxy.tunnels, proxy.proxy.refused()]).toEqual([[], 0]);
    return outcomes;
  };
  expect(await through(stranger.issue("proxy"))).toEqual(Array(2).fill("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
  const misnamed = authority.issue("misnamed", { hosts: ["proxy.example"] });
  expect(await through(misnamed)).toEqual(Array(2).fill("UND_ERR_PRX_TLS"));
  expect(plain.visits).toHaveLength(0);
});

test("a proxy that wants other credentials is an error before anything is sent", async () => {
  const { url, plain } = await secureServer(server);
  const proxy = await startHttpProxy({ user: "dms", password: "p@ss" });
  open.push(proxy);
  const anonymous = `http://127.0.0.1:${proxy.port}`;
  expect(await client({ proxy: anonymous, noProxy: "", trust: trusting({ ca: pem(authority.ca) }) })(url)).toBe(
    "UND_ERR_ABORTED",
  );
  expect(proxy.refused()).toBe(1);
  expect(plain.visits).toHaveLength(0);
});

test("hosts of no-proxy are reached without it", async () => {
  const { url } = await secureServer(server);
  const trust = trusting({ ca: pem(authority.ca) });
  const ask = client({ proxy: "http://127.0.0.1:1", noProxy: "hub.example,127.0.0.1", trust });
  expect(await ask(url)).toBe("200 hello");
});

test("without no-proxy the environment's NO_PROXY counts, and with it no longer", async () => {
  const { url } = await secureServer(server);
  const trust = trusting({ ca: pem(authority.ca) });
  const nowhere = { proxy: "http://127.0.0.1:1", trust };
  vi.stubEnv("no_proxy", undefined);
  vi.stubEnv("NO_PROXY", "hub.example,127.0.0.1");
  expect(await client(nowhere)(url)).toBe("200 hello");
  expect(await client({ ...nowhere, noProxy: "hub.example" })(url)).toBe("ECONNREFUSED");
  expect(await client({ ...nowhere, noProxy: "" })(url)).toBe("ECONNREFUSED");
  vi.stubEnv("NO_PROXY", "hub.example");
  expect(await client(nowhere)(url)).toBe("ECONNREFUSED");
});

test("a server or a proxy that speaks nothing later than TLS 1.1 is refused, whatever Node itself would let pass", async () => {
  const ca = pem(authority.ca);
  const [old, current] = [await secureServer(server, { isOutdated: true }), await secureServer(server)];
  const [oldProxy, proxy] = [await secureProxy(server, { isOutdated: true }), await secureProxy(server)];
  const ask = (url: string, through?: { url: string }) =>
    client({ proxy: through?.url, noProxy: "", trust: trusting({ ca }) })(url);
  await whileOutdatedTlsPasses(async () => {
    expect(await protocolAt(old.front.port, ca)).toBe("TLSv1.1");
    expect(await protocolAt(oldProxy.front.port, ca)).toBe("TLSv1.1");
    const refused = "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION";
    expect(await ask(old.url)).toBe(refused);
    expect(await ask(old.url, proxy)).toBe(refused);
    expect(await ask(current.url, oldProxy)).toBe(refused);
    expect(await ask("http://127.0.0.1:1/", oldProxy)).toBe(refused);
    expect(await ask(current.url, proxy)).toBe("200 hello");
  });
  expect([old.plain.visits, oldProxy.proxy.tunnels]).toEqual([[], []]);
});
