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
  hub: { url: "https://hub", client-id: dms, client-secret: "\${S}", proxy: "http://u:${planted}@p", token-url: "https://t/?key=${planted}" }
chat: { proxy: "https://u:${planted}@c", username: u, password: ${planted}, headers: { apikey: ${planted} }, user-data: { A-b: "1" } }
hub-mock: { client-secret: ${planted} }`;
  const result = parseConfig(text, { env: { S: planted } });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  const printed = printConfig(result.config);
  expect(JSON.stringify(result.config).split(planted).length).toBeGreaterThan(8);
  expect(printed).not.toContain(planted);
  expect(parse(printed)).toMatchObject({
    "channel-a": { hub: { proxy: "http://<redacted>@p", "client-id": "dms", "client-secret": "<redacted>" } },
    chat: {
      proxy: "https://<redacted>@c",
      headers: { apikey: "<redacted>" },
      "user-data": { "A-b": "1" },
      "timeout-ms": 2000,
    },
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

/** The warning of a file that is sound otherwise: its own words, and the paths. */
function warned(text: string, options: { env?: Record<string, string>; at?: string } = {}): string[] {
  const { env = {}, at = file } = options;
  const result = parseConfig(text, { env, file: at });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  expect(result.warnings.join()).not.toContain(planted);
  return result.warnings.map((warning) => warning.replace(`${at}: `, ""));
}

const told = (...paths: string[]): string[] => [
  `these secrets are written in the file itself; take them from outside, by \${VAR} or \${file:/path}: ${paths.join(", ")}`,
];

test("secrets: one warning names the paths of all that are written in the file itself, by anchors and merges too", () => {
  const text = `
redis: { url: "rediss://u:${planted}@\${HOST}:1", sentinel-password: "$\${${planted}" }
channel-a: &a
  hub: &hub { url: "https://hub", client-id: dms, client-secret: ${planted}, proxy: "http://u:${planted}@p" }
channel-b:
  <<: *a
channel-c:
  hub: { <<: [*hub], url: https://c }
chat: { proxy: "https://u:${planted}@c", username: u, password: ${planted}, headers: { apikey: ${planted}, x-tenant: t } }
http: { admin-token: 0123456789-${planted} }
tracing: { headers: { Authorization: Bearer ${planted} } }
hub-mock: { client-secret: ${planted} }`;
  expect(warned(text, { env: { HOST: "redis" } })).toEqual(
    told(
      "redis.url",
      "redis.sentinel-password",
      "chat.headers.apikey",
      "chat.password",
      "chat.proxy",
      "http.admin-token",
      "tracing.headers.Authorization",
      "hub-mock.client-secret",
      ...["a", "b", "c"].flatMap((channel) =>
        ["client-secret", "proxy"].map((option) => `channel-${channel}.hub.${option}`),
      ),
    ),
  );
});

test("secrets: what comes from outside is no reason for a warning, nor is what was not written or holds no secret", () => {
  writeFileSync(join(directory, "secret"), planted);
  const text = `
redis: { url: "rediss://u:\${S}@a:1", password: "\${NONE:-}", sentinel-password: "\${file:secret}" }
channel-a: &a
  hub: { url: "https://hub", client-id: dms, client-secret: &s "\${S}", proxy: "http://u:\${file:secret}@p" }
channel-b: { <<: *a }
channel-c: { hub: { url: "https://c", client-id: dms, client-secret: *s } }
chat: { servers: "http://a:1,http://b:2/x@y", password: , headers: { authorization: "Bearer \${S}", x-tenant: t } }
http: { admin-token: "\${TOKEN}" }
tracing:`;
  expect(warned(text, { env: { S: planted, TOKEN: "0123456789abcdef" } })).toEqual([]);
});

test("secrets: a Redisson file is used as it is, so what it holds is no reason for a warning", () => {
  const redisson = `singleServerConfig: { address: "redis://u:${planted}@a:1", password: ${planted} }`;
  writeFileSync(join(directory, "redisson.yaml"), redisson);
  const text = "settings: { redis-client-config: redisson.yaml }\ncluster: { lease-ms: 30000 }";
  expect(warned(text)).toEqual([]);
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
  `chat: { servers: ["https://u:${planted}@h"] }`,
  `chat: { proxy: "http://u:${planted}%@h" }`,
  `chat: { password: ${planted} }`,
  `chat: { headers: { "x key": ${planted}, host: ${planted}, x-key: "${planted}\\nx" } }`,
  `tracing: { otlp-url: "https://u:${planted}@h" }`,
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
