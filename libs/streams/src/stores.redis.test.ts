import type { Clock } from "@dms/rules";
import { parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { openStores } from "./stores.ts";

// What an operator reads of a start whose servers cannot give the durability that is configured: no replica is linked here.

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.close());

/** A start that waits for a replica. `agreed` counts the tries that had none. */
function start(cluster: string, durabilityTimeoutMs: number) {
  const text = `redis: { url: "redis://127.0.0.1:${server.port}" }
cluster: { name: ${cluster}, partitions: 1, durability: { replicas: 1 }, durability-timeout-ms: ${durabilityTimeoutMs} }`;
  const loaded = parseConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const notices: string[] = [];
  const seen = { tries: 0, laterMs: 0 };
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + seen.laterMs };
  const stopping = new AbortController();
  const opening = openStores({
    config: loaded.config,
    clock,
    random: systemRandom,
    onNotice: (notice) => void notices.push(notice),
    onCommand: (command, outcome) => {
      if (command === "agree" && outcome === "DMS_REDIS_NOT_DURABLE") seen.tries++;
    },
    signal: stopping.signal,
  });
  const ended = opening.catch((caught: unknown) => caught);
  onTestFinished(async () => {
    stopping.abort();
    await ended;
  });
  const tried = (tries: number): Promise<void> =>
    vi.waitFor(() => expect(seen.tries).toBeGreaterThanOrEqual(tries), { timeout: 30_000, interval: 20 });
  return { notices, seen, tried, stopping, opening };
}

const warning = "durability wants 1 replicas, 0 are linked: nothing is confirmed until they are";
const line = "waiting for Redis: 0 of 1 replicas have the write: link replicas, or lower cluster.durability";

test("a start that waits for replicas says so with the remedy, once in five seconds", async () => {
  const { notices, seen, tried } = start("patient", 10);
  await tried(4);
  expect(notices).toEqual([warning, line]);
  seen.laterMs = 5000;
  await tried(seen.tries + 2);
  expect(notices).toEqual([warning, line, line]);
});

test("a start that is stopped while it waits for replicas says nothing of the connection that it closes", async () => {
  const { notices, stopping, opening } = start("stopped", 60_000);
  const look = server.client();
  await vi.waitFor(async () => expect(await look.info("clients")).toContain("blocked_clients:1"), {
    timeout: 30_000,
    interval: 20,
  });
  stopping.abort();
  await expect(opening).rejects.toMatchObject({ code: "DMS_STOPPED" });
  expect(notices).toEqual([warning]);
});
