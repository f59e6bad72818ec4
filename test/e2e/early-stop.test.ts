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

/** The exit of a process that was told to stop `turns` turns of its loop after it began to listen. */
async function stopAfter(app: AppName, turns: number): Promise<AppExit> {
  const env = { NODE_OPTIONS: `--import ${stopEarly}`, STOP_AFTER_TURNS: String(turns) };
  const started = spawnApp({ app, configFile, env });
  try {
    return await started.exited;
  } finally {
    await started.destroy();
  }
}

test.for(["worker", "dispatcher", "single", "hub-mock", "chat-mock"] as const)(
  "early stop: a %s that is told to stop while it loads exits 0, at whatever moment",
  async (app) => {
    for (const turns of [0, 1, 2, 4, 8, 16, 32, 64]) {
      expect(await stopAfter(app, turns), `after ${turns} turns`).toMatchObject({ code: 0, signal: null });
    }
  },
);
