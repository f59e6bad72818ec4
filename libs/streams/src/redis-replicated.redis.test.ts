import { once } from "node:events";
import { connect } from "node:net";
import type { RedisSettings } from "@dms/runtime";
import { awaitReplicas, cutOff, followAgain, promote, type RedisServer, startReplicaSet, until } from "@dms/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { evaluatedText } from "./testing/evaluated-text.ts";
import { c1, channel, w1 } from "./testing/cast.ts";
import { type FormOptions, type OpenForm, openForm } from "./testing/open-form.ts";
import { accept } from "./transitions/accept.ts";

// A primary and two replicas that nobody watches: the test promotes by hand. Modes replicated and master-slave.

let servers: RedisServer[];
const opened: OpenForm[] = [];

beforeEach(async () => {
  servers = await startReplicaSet(2);
}, 120_000);

afterEach(async () => {
  for (const { wire } of opened.splice(0)) wire.close();
  for (const server of servers) await server.close();
});

async function open(options: FormOptions = {}, mode: RedisSettings["mode"] = "replicated"): Promise<OpenForm> {
  const [first] = servers;
  if (first === undefined) throw new Error("a set has servers");
  const nodes = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  const form = await openForm({ settings: { ...first.settings, mode, nodes } }, options);
  opened.push(form);
  return form;
}

async function giveAtLast(form: OpenForm, payload: string): Promise<unknown> {
  const failures: unknown[] = [];
  const give = async (): Promise<boolean> => {
    try {
      await form.give(0, c1, payload);
      return true;
    } catch (caught) {
      failures.push(caught);
      return false;
    }
  };
  await until(give, { timeoutMs: 60_000, describe: () => `nothing is taken: ${String(failures.at(-1))}` });
  return failures[0];
}

/** The answer to WAIT as the first command of a connection, which no client library sends. */
async function firstWait(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write("WAIT 1 300\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return answer.toString();
}

const inbox = (server: RedisServer, form: OpenForm): Promise<number> => server.client().xlen(form.keys.inbox(0, w1));

test.each(["replicated", "master-slave"] as const)(
  "mode %s: the writable server is found wherever it is, and a former one that answers READONLY is left at once",
  async (mode) => {
    const [primary, next] = servers;
    if (primary === undefined || next === undefined) throw new Error("a set has servers");
    const form = await open({}, mode);
    await form.admit(0, w1);
    await form.give(0, c1, "m1");
    await awaitReplicas(primary, 2);
    await promote(next, servers);
    expect(await giveAtLast(form, "m2")).toMatchObject({ code: "DMS_REDIS_UNAVAILABLE", retryable: true });
    expect(await inbox(next, form)).toBe(2);
    expect(form.resets.length).toBeGreaterThan(0);
    // All connections have left, the reading one too: a former primary that falls behind would show old inboxes.
    await until(async () => !String(await primary.client().call("client", "list")).includes("name=dms-"), {
      timeoutMs: 5000,
      describe: () => "a connection still speaks with the former primary",
    });
  },
  120_000,
);

test("replicas: 1 with one replica cut off: what was answered is at the one that acknowledged, and is there after its promotion", async () => {
  const [primary, behind, acknowledging] = servers;
  if (!primary || !behind || !acknowledging) throw new Error("a set has servers");
  const form = await open({ durability: { replicas: 1 } });
  await form.admit(0, w1);
  await form.give(0, c1, "m1");
  await awaitReplicas(primary, 2);
  await cutOff(behind);
  for (const payload of ["m2", "m3", "m4"]) await form.give(0, c1, payload);
  await primary.kill();
  expect(await inbox(acknowledging, form)).toBe(4);
  expect(await inbox(behind, form)).toBe(1);
  await promote(acknowledging, servers);
  await giveAtLast(form, "m5");
  expect(await inbox(acknowledging, form)).toBe(5);
}, 120_000);

test("replicas: 2 with one replica cut off: nothing is answered as durable until it is back", async () => {
  const [primary, behind] = servers;
  if (!primary || !behind) throw new Error("a set has servers");
  // A wait for replicas as long as a command may take: its answer must still be heard.
  const form = await open({ durability: { replicas: 2 }, durabilityTimeoutMs: 1000, commandTimeoutMs: 1000 });
  await form.admit(0, w1);
  await form.give(0, c1, "m1");
  await cutOff(behind);
  await expect(form.give(0, c1, "m2")).rejects.toMatchObject({ code: "DMS_REDIS_NOT_DURABLE", retryable: true });
  await followAgain(behind, primary);
  await giveAtLast(form, "m2");
  expect(await inbox(behind, form)).toBe(2);
}, 120_000);

test("D8, A9 (write and WAIT on one connection): a fresh connection's WAIT counts what it never waited for; ours is not fooled", async () => {
  const [primary, ...replicas] = servers;
  if (!primary) throw new Error("a set has servers");
  const form = await open({ durability: { replicas: 1 }, durabilityTimeoutMs: 300 });
  await form.admit(0, w1);
  await awaitReplicas(primary, 2);
  for (const replica of replicas) replica.freeze();
  const messages = [{ sequence: 1, conversation: c1, payload: "m1" }];
  const batch = { channel, after: 0, upTo: 1, isRestart: false, messages };
  // Without the rule: the write's socket is lost, and the client asks WAIT again on the next one.
  const request = { ...batch, nonce: "n" };
  await evaluatedText(primary.client(), accept, { prefix: form.keys.partition(0), request });
  expect(await firstWait(primary.port)).toMatch(/^:[12]\r\n$/);
  // With it: the write that was there already is written again, and its own WAIT counts none.
  await expect(form.partitions.accept(0, batch)).rejects.toMatchObject({ code: "DMS_REDIS_NOT_DURABLE" });
  // Not even when every connection is a new one.
  const resets = form.resets.length;
  await primary.client().call("client", "kill", "type", "normal", "skipme", "yes");
  await until(() => form.resets.length >= resets + 2 && form.wire.isConnected, {
    timeoutMs: 60_000,
    describe: () => "the connections did not come back",
  });
  await expect(form.partitions.accept(0, batch)).rejects.toMatchObject({ code: "DMS_REDIS_NOT_DURABLE" });
  for (const replica of replicas) replica.thaw();
  await until(
    () =>
      form.partitions.accept(0, batch).then(
        ({ status }) => status === "accepted",
        () => false,
      ),
    { timeoutMs: 60_000, describe: () => "not durable though the replicas are back" },
  );
  expect(await inbox(primary, form)).toBe(1);
}, 120_000);
