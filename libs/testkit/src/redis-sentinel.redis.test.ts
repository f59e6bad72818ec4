import { afterEach, expect, test } from "vitest";
import { type SentinelSet, startSentinelSet } from "./redis-sentinel.ts";

let set: SentinelSet | undefined;

afterEach(async () => {
  await set?.close();
  set = undefined;
});

test("a killed primary is followed by a replica, which the look finds by itself; it comes back as a replica", async () => {
  set = await startSentinelSet();
  const look = set.look();
  await look.set("a", "1");
  await look.call("wait", 2, 2000);
  const former = await set.primary();
  await former.kill();
  const next = await set.awaitFailOver(former);
  expect(next).not.toBe(former);
  expect(await next.client().get("a")).toBe("1");
  await former.start();
  await expect.poll(async () => String(await former.client().call("role")), { timeout: 60_000 }).toMatch(/^slave/);
}, 120_000);

test("a planned fail-over makes a replica the primary and the former primary a replica", async () => {
  set = await startSentinelSet();
  const former = await set.primary();
  const next = await set.failOver();
  expect(next).not.toBe(former);
  expect(await set.replicas()).toContain(former);
}, 120_000);
