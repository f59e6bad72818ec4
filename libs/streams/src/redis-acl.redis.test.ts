import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RedisForm, RedisServer } from "@dms/testkit";
import { startRedis, startRedisCluster, until } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FormOptions, type OpenForm, openForm } from "./testing/open-form.ts";
import { w1 } from "./testing/cast.ts";
import { tour } from "./testing/tour.ts";
import { inspect } from "./transitions/inspect.ts";

// The rights that deploy/redis/dms.acl gives: enough for everything, and each of them needed.

const file = fileURLToPath(new URL("../../../deploy/redis/dms.acl", import.meta.url));
const acl = readFileSync(file, "utf8").trim().replaceAll("{dms", "{test");
// Those of jobs, in brackets, are seen to by libs/jobs.
const commands = [...acl.replace(/ \(.*\)/, "").matchAll(/ \+(\S+)/g)].map(([, command = ""]) => command);
const inClusterOnly = new Set(["cluster|slots", "spublish", "ssubscribe", "sunsubscribe"]);

let single: RedisServer;
let cluster: RedisForm & { servers: readonly RedisServer[] };

beforeAll(async () => {
  single = await startRedis();
  cluster = await startRedisCluster({ primaries: 1, replicasEach: 0 });
  for (const server of [single, ...cluster.servers]) {
    const [, name = "", ...rules] = acl.split(" ");
    await adminOf(server).call("acl", "setuser", name, "reset", ...rules);
  }
}, 120_000);

afterAll(async () => {
  await single.close();
  await cluster.close();
});

/** The rights of whoever looks on, on one connection for the whole file. */
const admins = new Map<RedisServer, ReturnType<RedisServer["client"]>>();

function adminOf(server: RedisServer): ReturnType<RedisServer["client"]> {
  const admin = admins.get(server) ?? server.client();
  admins.set(server, admin);
  return admin;
}

/** What a server refused, by command or key. */
async function refusals(server: RedisServer): Promise<string[]> {
  const rows = (await adminOf(server).call("acl", "log", "100")) as string[][];
  return rows.map((row) => row[row.indexOf("object") + 1] ?? "");
}

async function prepare(server: RedisServer): Promise<void> {
  const admin = adminOf(server);
  await admin.flushall();
  await admin.script("FLUSH");
  await admin.call("acl", "log", "reset");
  const run = /run_id:(\w+)/.exec(String(await admin.call("info", "server")))?.[1] ?? "";
  await admin.hset("dms:{test:0}:leader", "run", run);
}

function asUser(form: RedisForm): Pick<RedisForm, "settings"> {
  return { settings: { ...form.settings, username: "dms", password: "change-this-password" } };
}

async function open(form: RedisForm, options: FormOptions = {}): Promise<OpenForm> {
  return openForm(asUser(form), { durability: { replicas: 1 }, durabilityTimeoutMs: 10, ...options });
}

test.each(["single", "cluster"] as const)(
  "%s: the user of dms.acl may do everything, and nothing is refused",
  async (mode) => {
    const form = mode === "single" ? single : cluster;
    const [server] = mode === "single" ? [single] : cluster.servers;
    if (server === undefined) throw new Error("a form has a server");
    await prepare(server);
    const opened = await open(form);
    await tour(opened);
    opened.wire.close();
    expect(await refusals(server)).toEqual([]);
    const keys = await adminOf(server).keys("*");
    expect(keys.filter((key) => !key.startsWith("dms:{test"))).toEqual([]);
  },
  120_000,
);

test.each(commands)(
  "without +%s something is refused",
  async (command) => {
    const isCluster = inClusterOnly.has(command);
    const form = isCluster ? cluster : single;
    const [server] = isCluster ? cluster.servers : [single];
    if (server === undefined) throw new Error("a form has a server");
    await prepare(server);
    await adminOf(server).call("acl", "setuser", "dms", `-${command}`);
    let opened: OpenForm | undefined;
    const opening = open(form).then((form) => {
      opened = form;
      return tour(form);
    });
    try {
      await until(async () => (await refusals(server)).includes(command), {
        timeoutMs: 60_000,
        everyMs: 20,
        describe: () => `nobody missed ${command}`,
      });
    } finally {
      await adminOf(server).call("acl", "setuser", "dms", `+${command}`);
      await opening;
      opened?.wire.close();
    }
  },
  120_000,
);

test("a right that is missing inside a script is a refusal that an operator can mend, not broken code", async () => {
  await prepare(single);
  const opened = await open(single);
  await adminOf(single).call("acl", "setuser", "dms", "-zadd");
  await expect(opened.admit(0, w1)).rejects.toMatchObject({ code: "DMS_REDIS_REFUSED", retryable: true });
  await adminOf(single).call("acl", "setuser", "dms", "+zadd");
  await opened.admit(0, w1);
  const strange = await opened.wire.run(inspect, "dms:{other:0}:", null).catch((caught: unknown) => caught);
  expect(strange).toMatchObject({ code: "DMS_REDIS_REFUSED", retryable: true });
  opened.wire.close();
});

test("keys of another cluster and of other programs are out of reach", async () => {
  await prepare(single);
  const opened = await open(single);
  for (const key of ["dms:{other:0}:leader", "dms:{test2:0}:leader", "bull:x"]) {
    await expect(opened.wire.call(key, "xrange", key, "-", "+")).rejects.toThrow("NOPERM");
  }
  opened.wire.close();
});
