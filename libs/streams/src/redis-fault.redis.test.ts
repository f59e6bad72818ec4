import type { MemberId } from "@dms/protocol";
import type { DmsError } from "@dms/runtime";
import { type RedisServer, startRedis, startRedisCluster, startSentinelSet } from "@dms/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { type OpenForm, openForm } from "./testing/open-form.ts";

// What every failed call says while a running process has no connection: why there is none, and what mends it.

const within = { timeout: 30_000, interval: 20 };
const card = { name: "w", role: "worker", address: "", version: "", capacity: 0, instance: "" } as const;

const join = ({ registry }: OpenForm): Promise<unknown> => registry.join({ ...card, member: "w.1" as MemberId });
const read = ({ inbox }: OpenForm): Promise<unknown> =>
  inbox.read("w.1" as MemberId, new Map([[0, "0-0"]]), { count: 1, blockMs: 10 });

async function opened(): Promise<{ server: RedisServer; form: OpenForm }> {
  const server = await startRedis();
  onTestFinished(() => server.close());
  return { server, form: await openedOn(server) };
}

async function openedOn(on: Parameters<typeof openForm>[0]): Promise<OpenForm> {
  const form = await openForm(on);
  onTestFinished(() => form.wire.close());
  return form;
}

const faultOf = (asked: Promise<unknown>): Promise<DmsError> =>
  asked.then(
    () => Promise.reject(new Error("it was answered")),
    (caught: unknown) => caught as DmsError,
  );

/** Asks until the fault says this. */
async function untilSaid(ask: () => Promise<unknown>, said: RegExp): Promise<DmsError> {
  return vi.waitFor(async () => {
    const fault = await faultOf(ask());
    expect(fault.message).toMatch(said);
    return fault;
  }, within);
}

test("a password that stops working is told as at the start, by every call, until it works again", async () => {
  const { server, form } = await opened();
  const operator = server.client();
  await operator.config("SET", "requirepass", "abc");
  await operator.call("client", "kill", "type", "normal");
  const line = `Redis at 127.0.0.1:${server.port} refuses user default: correct redis.username and redis.password, or the server's ACL`;
  for (const ask of [join, read]) {
    const fault = await untilSaid(() => ask(form), /refuses/);
    expect(fault).toMatchObject({ code: "DMS_REDIS_REFUSED", retryable: true, message: line });
  }
  await operator.config("SET", "requirepass", "");
  await vi.waitFor(() => join(form), within);
});

test("what kept a connection from being made is forgotten once it is made", async () => {
  const { server, form } = await opened();
  const operator = server.client();
  await operator.config("SET", "requirepass", "abc");
  await operator.call("client", "kill", "type", "normal");
  await untilSaid(() => join(form), /refuses/);
  await operator.config("SET", "requirepass", "");
  await vi.waitFor(() => join(form), within);
  await vi.waitFor(() => expect(form.wire.isConnected).toBe(true), within);
  const { promise: lost, resolve } = Promise.withResolvers<Promise<DmsError>>();
  form.wire.onReset(() => resolve(faultOf(join(form))));
  await operator.call("client", "kill", "type", "normal");
  expect(await lost).toMatchObject({
    code: "DMS_REDIS_UNAVAILABLE",
    message: "Redis did not answer join: there is no connection",
  });
});

test("a server that is gone: its address and the cause", async () => {
  const { server, form } = await opened();
  await server.kill();
  const fault = await untilSaid(() => join(form), /ECONNREFUSED/);
  expect(fault).toMatchObject({ code: "DMS_REDIS_UNAVAILABLE", retryable: true });
  expect(fault.message).toBe(
    `Redis does not answer at 127.0.0.1:${server.port} (ECONNREFUSED): start it, or correct redis.nodes or redis.url`,
  );
});

test("a server that takes connections and answers nothing on them is not told as one that is gone", async () => {
  const server = await startRedis();
  onTestFinished(() => server.close());
  const form = await openedOn({ settings: { ...server.settings, connectTimeoutMs: 100 } });
  const operator = server.client();
  await operator.ping();
  server.freeze();
  onTestFinished(() => server.thaw());
  const fault = await untilSaid(() => join(form), /takes connections/);
  expect(fault.code).toBe("DMS_REDIS_UNAVAILABLE");
  server.thaw();
  await vi.waitFor(() => join(form), within);
});

test("behind sentinels a primary that is gone is told by its own address", async () => {
  const set = await startSentinelSet({ replicas: 0 });
  onTestFinished(() => set.close());
  const form = await openedOn(set);
  const [primary] = set.servers;
  await primary?.kill();
  const fault = await untilSaid(() => join(form), /ECONNREFUSED/);
  expect(fault.message).toBe(
    `the primary that the sentinels name does not answer at 127.0.0.1:${primary?.port} (ECONNREFUSED): start it, or wait for a fail-over`,
  );
}, 120_000);

test("in a Redis Cluster the node is named that refuses, and no other", async () => {
  const cluster = await startRedisCluster({ primaries: 1, replicasEach: 0 });
  onTestFinished(() => cluster.close());
  const [node] = cluster.servers;
  const form = await openedOn({
    settings: { ...cluster.settings, nodes: [...cluster.settings.nodes, { host: "127.0.0.1", port: 1 }] },
  });
  const operator = node?.client();
  await operator?.config("SET", "requirepass", "abc");
  await operator?.call("client", "kill", "type", "normal");
  for (const ask of [join, read]) {
    const fault = await untilSaid(() => ask(form), /refuses/);
    expect(fault.code).toBe("DMS_REDIS_REFUSED");
    expect(fault.message).toContain(`Redis at 127.0.0.1:${node?.port} refuses user default`);
  }
}, 120_000);
