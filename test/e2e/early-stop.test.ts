import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AppExit, type AppName, freePort, spawnApp } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const stopEarly = fileURLToPath(new URL("faults/stop-early.ts", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "dms-early-"));
const configFile = join(dir, "cluster.yaml");

beforeAll(async () => {
  const hub = { url: "http://127.0.0.1:1", "client-id": "dms", "client-secret": "secret", "channel-id": "whatsapp" };
  // No Redis answers there: a process that gets so far waits for it, and must stop out of that wait as well.
  const redis = { url: `redis://127.0.0.1:${await freePort()}` };
  const chat = { servers: ["http://127.0.0.1:1/genesys"] };
  const http = { host: "127.0.0.1", port: 0 };
  writeFileSync(configFile, JSON.stringify({ redis, "channel-whatsapp": { hub }, chat, http }));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The exit of a process that was told to stop when it loaded a module whose address has `place` in it. */
async function stopAt(app: AppName, place: string): Promise<AppExit> {
  const started = spawnApp({ app, configFile, env: { NODE_OPTIONS: `--import ${stopEarly}`, STOP_AT: place } });
  try {
    return await started.exited;
  } finally {
    await started.destroy();
  }
}

const members = ["runtime/src/index.ts", "fastify", "hub-client/src/index.ts", "ioredis", "undici", "telemetry.ts"];
const mocks = ["runtime/src/index.ts", "fastify", "src/config.ts"];

test.for([
  ["worker", [...members, "chat-client/src/index.ts"]],
  ["dispatcher", members],
  ["single", members],
  ["hub-mock", mocks],
  ["chat-mock", mocks],
] as const)(
  "early stop: a %s that is told to stop while it loads exits 0, whatever it loads just then",
  async ([app, places]) => {
    for (const place of places)
      expect(await stopAt(app, place), `at ${place}`).toMatchObject({ code: 0, signal: null });
  },
);
