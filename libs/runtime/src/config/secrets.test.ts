import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { formatFaults } from "./fault.ts";
import { parseConfig } from "./load.ts";
import { printConfig } from "./print.ts";

const planted = "hunter2";
const directory = mkdtempSync(join(tmpdir(), "config-"));
const file = join(directory, "config.yaml");

test("secrets: printConfig shows every other option and no secret", () => {
  const text = `
redis: { url: "rediss://u:${planted}@a:1", sentinel-password: ${planted} }
channel-a:
  hub: { url: "https://u:${planted}@hub", client-id: dms, client-secret: "\${S}", proxy: "http://u:${planted}@p", token-url: "https://t/?key=${planted}" }
chat: { servers: ["https://u:${planted}@c/genesys"], password: ${planted}, headers: { apikey: ${planted} }, user-data: { A-b: "1" } }
hub-mock: { client-secret: ${planted} }`;
  const result = parseConfig(text, { env: { S: planted } });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  const printed = printConfig(result.config);
  expect(JSON.stringify(result.config).split(planted).length).toBeGreaterThan(8);
  expect(printed).not.toContain(planted);
  expect(parse(printed)).toMatchObject({
    "channel-a": { hub: { url: "https://<redacted>@hub", "client-id": "dms", "client-secret": "<redacted>" } },
    chat: { headers: { apikey: "<redacted>" }, "user-data": { "A-b": "1" }, "timeout-ms": 2000 },
    redis: { nodes: ["a:1"], password: "<redacted>", tls: { "verify-host": true } },
    cluster: { "lease-ms": 3000 },
  });
});

test("secrets: what printConfig shows can be read again, so it speaks the file's language", () => {
  const result = parseConfig("chat: { user-data: { a: b } }\nlog: { verbose: all }\ncluster: { durability: fsync }", {
    env: {},
  });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  expect(parseConfig(printConfig(result.config), { env: {} })).toMatchObject({
    ok: true,
    config: { ...result.config, hubMock: { ...result.config.hubMock, clientSecret: "<redacted>" } },
  });
});

test.each([
  `redis: { password: [${planted}] }`,
  `redis: { password: { a: ${planted} } }`,
  `redis: ${planted}`,
  `redis: { url: "http://u:${planted}@h" }`,
  `redis: { url: "redis://:a/${planted}@h" }`,
  `redis: { url: "redis://u:%${planted}@h" }`,
  `redis: { nodes: ["u:${planted} @h:x"] }`,
  `redis: { pasword: ${planted} }`,
  `redis: { password: ${planted}: x }`,
  `redis: { password: *${planted} }`,
  `redis: { password: "${planted}`,
  `redis: { password: '${planted}' '${planted}' }`,
  `redis:\n  password: @${planted}`,
  `redis:\n  password: "\\q${planted}"`,
  `redis: { tls: ${planted} }`,
  "redis: { mode: ${S} }",
  "redis: { mode: '${file:secret}' }",
  "http: { port: '${S}' }",
  "http: { port: '${file:pin}' }",
  `redis: { password: "\${S:${planted}}" }`,
  `chat: { headers: ${planted} }`,
  `chat: { headers: { a: [${planted}] } }`,
  `chat: { servers: ["u:${planted}@h"] }`,
  `chat: { servers: ["ftp://h?key=${planted}"] }`,
  `channel-a: { hub: { url: "x://u:${planted}@h", client-id: "\${S}", client-secret: [ "\${S}" ] } }`,
  `hub-mock: { client-secret: { a: ${planted} } }`,
  planted,
])("secrets: the faults of %s show none", (text) => {
  writeFileSync(join(directory, "secret"), planted);
  writeFileSync(join(directory, "pin"), "999999");
  const result = parseConfig(text.replaceAll("{ mode: ${S} }", '{ mode: "${S}" }'), { env: { S: planted }, file });
  expect(result.ok).toBe(false);
  const shown = result.ok ? "" : formatFaults(result.faults);
  expect(shown).not.toContain(planted);
  expect(shown).not.toContain("999999");
});
