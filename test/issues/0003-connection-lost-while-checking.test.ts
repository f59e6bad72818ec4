import { expect, test } from "vitest";
import { checkServer } from "../../libs/streams/src/durability.ts";
import type { RedisClient } from "../../libs/streams/src/redis-client.ts";

// The check of a server took every failure to read a setting for one that is forbidden. A connection that was lost between two
// settings made a server that syncs always look like one that does not, and ended the process as misconfigured.

/** A server that syncs always, and answers `appendfsync` with `failure`. */
function failingAt(failure: Error): RedisClient {
  const settings: Record<string, string> = { "maxmemory-policy": "noeviction", appendonly: "yes" };
  const call = (command: string, ...args: string[]): Promise<unknown> => {
    if (command === "info") return Promise.resolve("redis_version:7.0.15\r\n");
    const name = args[1] ?? "";
    const known = settings[name];
    return known === undefined ? Promise.reject(failure) : Promise.resolve([name, known]);
  };
  return { call } as unknown as RedisClient;
}

const demand = { durability: "fsync", timeoutMs: 100, mode: "single" } as const;

test("a connection that is lost while a server is checked is tried again, not taken for a setting that is not there", async () => {
  const lost = checkServer(failingAt(new Error("Connection is closed.")), demand);
  await expect(lost).rejects.toMatchObject({ code: "DMS_REDIS_UNAVAILABLE", retryable: true });
});

test("a setting that this user may not read is one that could not be checked", async () => {
  const forbidden = Object.assign(new Error("NOPERM this user has no permissions"), { name: "ReplyError" });
  const { warnings } = await checkServer(failingAt(forbidden), demand);
  expect(warnings).toEqual(["CONFIG is not allowed: appendonly yes and appendfsync always could not be checked"]);
});
