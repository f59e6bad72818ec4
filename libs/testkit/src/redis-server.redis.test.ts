import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.ts";

const servers: RedisServer[] = [];

async function started(...args: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...args);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

test("a started server answers at once, and two servers are apart", async () => {
  const one = await started();
  const two = await started();
  await one.client().set("a", "1");
  expect(await one.client().get("a")).toBe("1");
  expect(await two.client().get("a")).toBeNull();
  expect(one.settings.nodes).toEqual([{ host: "127.0.0.1", port: one.port }]);
});

test("flush empties the server", async () => {
  const server = await started();
  await server.client().set("a", "1");
  await server.flush();
  expect(await server.client().dbsize()).toBe(0);
});

test("a killed server without append-only file has lost its keys when it starts again at the same port", async () => {
  const server = await started();
  await server.client().set("a", "1");
  await server.kill();
  expect(server.pid).toBeUndefined();
  await server.start();
  expect(await server.client().get("a")).toBeNull();
});

test("a killed server that always syncs has its keys when it starts again", async () => {
  const server = await started({ appendOnly: "always" });
  await server.client().set("a", "1");
  await server.kill();
  await server.start();
  expect(await server.client().get("a")).toBe("1");
});

test("a frozen server answers only after the thaw", async () => {
  const server = await started();
  const client = server.client();
  await client.ping();
  server.freeze();
  let isAnswered = false;
  const answer = client.ping().then(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  server.thaw();
  await answer;
  expect(isAnswered).toBe(true);
});

test("closing ends the process, even a frozen one, and removes the folder", async () => {
  const server = await started();
  const { pid, dir } = server;
  server.freeze();
  await server.close();
  expect(server.pid).toBeUndefined();
  expect(existsSync(dir)).toBe(false);
  expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
});

test("a server that cannot start says why", async () => {
  await expect(startRedis({ args: ["--no-such-option", "1"] })).rejects.toThrow("did not start");
});
