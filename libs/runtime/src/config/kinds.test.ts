import { expect, test } from "vitest";
import { formatFaults } from "./fault.ts";
import { parseConfig } from "./load.ts";

function faultsOf(text: string): string[] {
  const result = parseConfig(text, { env: {} });
  return result.ok ? [] : formatFaults(result.faults).split("\n");
}

const hubWith = (more: string): string => `channel-a: { hub: { client-id: a, client-secret: b, ${more} } }`;

test.each([
  ["chat: { servers: ['http://a/genesys?x=1#y'] }", "chat.servers[0]"],
  ["chat: { servers: ['http://a/genesys#'] }", "chat.servers[0]"],
  ["chat: { servers: ['http://a', 'http://u:p@b', 'http://u@c'] }", "chat.servers[1]", "chat.servers[2]"],
  [hubWith("url: 'http://hub/?'"), "channel-a.hub.url"],
  [hubWith("url: 'http://:p@hub'"), "channel-a.hub.url"],
  [hubWith("url: http://hub, token-url: 'http://u:p@t'"), "channel-a.hub.token-url"],
  ["tracing: { otlp-url: 'http://u:p@collector' }", "tracing.otlp-url"],
  ["tracing: { otlp-url: 'http://collector?key=x' }", "tracing.otlp-url"],
])("kinds: an address has no part that no call would send, nor one that swallows a path: %s", (text, ...paths) => {
  const faults = faultsOf(text);
  expect(faults.map((fault) => /^config.yaml:1 (\S+): found /.exec(fault)?.[1])).toEqual(paths);
  for (const fault of faults) {
    expect(fault).toMatch(
      /a URL that begins with http:\/\/ or https:\/\/, without (query \(\?\), fragment \(#\) and )?user part \(use [^)]+\)$/,
    );
  }
});

test("kinds: a fault stays one line, whatever its option is called", () => {
  const [fault = ""] = faultsOf(`chat: { headers: ${JSON.stringify({ "x\ny": "a" })} }`);
  expect(fault.startsWith(String.raw`config.yaml:1 chat.headers.x\u000ay: found`)).toBe(true);
});

test("kinds: a token's address may have a query, a proxy's a user part", () => {
  expect(faultsOf(hubWith("url: http://hub, token-url: 'http://t?x=1', proxy: 'http://u:100%25@p'"))).toEqual([]);
});

test.each([
  ["chat: { proxy: 'http://u:100%@p' }", "chat.proxy"],
  [hubWith("url: http://hub, proxy: 'http://%zz@p'"), "channel-a.hub.proxy"],
])("kinds: a proxy's user part that cannot be decoded is refused: %s", (text, path) => {
  expect(faultsOf(text)).toEqual([
    `config.yaml:1 ${path}: found "http://<redacted>@p", allowed: a URL that begins with http:// or https://, a % in user or password as %25`,
  ]);
});

test.each(["chat", "tracing"])("kinds: headers of %s that no request can carry are refused, all at once", (section) => {
  const names = ["x key", "x:key", "x\u00fc", "Host", "transfer-encoding", "Content-Length", "connection", "Expect"];
  const values = { "x-lines": "a\nb", "x-carriage": "a\rb", "x-wide": "\u0107", "x-null": "a\u0000b" };
  const fine = { "x-api-key": "a key", "X_Latin!": "\u00fc\tb" };
  const wrong = { ...Object.fromEntries(names.map((name) => [name, "a"])), ...values };
  const faults = faultsOf(`${section}: { headers: ${JSON.stringify({ ...fine, ...wrong })} }`);
  const allowed =
    "a map of header names (HTTP tokens: no space, no colon; none of connection, content-length, content-type, expect, host, keep-alive, transfer-encoding, upgrade) to text in one line of Latin-1 characters";
  const lines = [
    ...names.map((name) => `${name}: found a name that it cannot have`),
    ...Object.keys(values).map((name) => `${name}: found <redacted>`),
  ];
  expect(faults).toEqual(lines.map((line) => `config.yaml:1 ${section}.headers.${line}, allowed: ${allowed}`));
  expect(faultsOf(`${section}: { headers: ${JSON.stringify(fine)} }`)).toEqual([]);
});
