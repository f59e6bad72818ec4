import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ClusterEvent } from "@dms/rules";
import type { RedisForm, RedisServer } from "@dms/testkit";
import { startRedis, startRedisCluster } from "@dms/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JobService } from "./index.ts";
import { addJob, openJobsOn } from "./testing/job-parts.ts";
import { jobTour } from "./testing/job-tour.ts";

// The selector of deploy/redis/dms.acl for jobs: what BullMQ sends beyond our own commands, on the keys of jobs alone.

const file = fileURLToPath(new URL("../../../deploy/redis/dms.acl", import.meta.url));
const acl = readFileSync(file, "utf8").trim().replaceAll("{dms", "{test");
const selector = /\((.*)\)/.exec(acl)?.[1] ?? "";
const grantedIn = (rules: string): string[] => [...rules.matchAll(/ \+(\S+)/g)].map(([, command = ""]) => command);
const own = grantedIn(acl.replace(`(${selector})`, ""));
const forJobs = grantedIn(selector);
/** What a connection to a Redis Cluster is told when its server becomes a replica, or a primary. */
const roles = ["readonly", "readwrite"];

let single: RedisServer;
let cluster: RedisForm & { servers: readonly RedisServer[] };

beforeAll(async () => {
  single = await startRedis();
  cluster = await startRedisCluster({ primaries: 3, replicasEach: 0 });
}, 60_000);

afterAll(async () => {
  await single.close();
  await cluster.close();
});

async function grant(servers: readonly RedisServer[], rules = acl): Promise<void> {
  for (const server of servers) {
    const [, name = "", ...rest] = rules.split(" ");
    await server.client().flushall();
    await server.client().script("FLUSH");
    await server.client().call("acl", "setuser", name, "reset", ...rest);
    await server.client().call("acl", "log", "reset");
  }
}

async function refusals(servers: readonly RedisServer[]): Promise<string[]> {
  const rows = await Promise.all(
    servers.map((server) => server.client().call("acl", "log", "100") as Promise<string[][]>),
  );
  return rows.flat().map((row) => row[row.indexOf("object") + 1] ?? "");
}

function asUser(form: Pick<RedisForm, "settings">): Pick<RedisForm, "settings"> {
  return { settings: { ...form.settings, username: "dms", password: "change-this-password" } };
}

const within = { timeout: 15_000, interval: 20 };

async function commandsOf(server: RedisServer, line: RegExp): Promise<string[]> {
  const stats = String(await server.client().info("commandstats"));
  return [...stats.matchAll(line)].map(([, command = ""]) => command);
}

const sentTo = (server: RedisServer): Promise<string[]> => commandsOf(server, /^cmdstat_([^:]+):calls=[1-9]/gm);
/** Those that were refused included. */
const askedOf = (server: RedisServer): Promise<string[]> => commandsOf(server, /^cmdstat_([^:]+):/gm);

/** Has one more note made, and waits until so many were done. */
async function noted(service: JobService, events: readonly ClusterEvent[], count: number): Promise<void> {
  await vi.waitFor(() => service.add("note", {}), within);
  const done = (): number =>
    events.filter((event) => event.type === "job-ended" && event.outcome === "completed").length;
  await vi.waitFor(() => expect(done()).toBeGreaterThanOrEqual(count), within);
}

/** A process that dies with its job in hand, and one that takes the job up. */
async function crash(form: Pick<RedisForm, "settings">): Promise<void> {
  const script = fileURLToPath(new URL("testing/doomed-process.ts", import.meta.url));
  const doomed = spawn(process.execPath, [script, JSON.stringify(form.settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await addJob(form, "count");
  await once(doomed.stdout, "data");
  doomed.kill("SIGKILL");
  await once(doomed, "exit");
  const heir = openJobsOn(form, { count: async () => ({}) });
  await vi.waitFor(() => expect(heir.events).toContainEqual(expect.objectContaining({ outcome: "completed" })), {
    timeout: 15_000,
    interval: 20,
  });
  await heir.service.close();
}

test.each(["single", "cluster"] as const)(
  "%s: the user of dms.acl may do all that jobs need, and nothing is refused",
  async (mode) => {
    const [form, servers] = mode === "single" ? [single, [single]] : [cluster, cluster.servers];
    await grant(servers);
    await jobTour(asUser(form));
    await crash(asUser(form));
    expect(await refusals(servers)).toEqual([]);
  },
  60_000,
);

test("the selector has what BullMQ sends beyond our own commands, and not one more", async () => {
  await grant([single]);
  await single.client().config("RESETSTAT");
  await jobTour(asUser(single));
  await crash(asUser(single));
  const sent = await sentTo(single);
  const handshake = ["hello", "auth"];
  const looking = ["config|resetstat", "acl|setuser", "acl|log", "flushall", "script|flush"];
  const beyond = sent.filter((command) => ![...own, ...handshake, ...looking].includes(command));
  expect([...beyond, ...roles].toSorted()).toEqual(forJobs);
}, 60_000);

test.each([
  { rights: acl, refused: [] },
  { rights: roles.reduce((rules, role) => rules.replace(` +${role}`, ""), acl), refused: roles },
])(
  "a fail-over of a Redis Cluster tells connections the role of their servers: $refused.length refused",
  async ({ rights, refused }) => {
    const pair = await startRedisCluster({ primaries: 1, replicasEach: 1 });
    const [, name = "", ...rules] = rights.split(" ");
    for (const server of pair.servers) await server.client().call("acl", "setuser", name, "reset", ...rules);
    const areTold = async (): Promise<boolean> => {
      const asked = (await Promise.all(pair.servers.map(askedOf))).flat();
      return roles.every((role) => asked.includes(role));
    };
    const { service, events } = openJobsOn(asUser(pair), { note: async () => ({}) });
    try {
      await noted(service, events, 1);
      const [former] = await pair.primaries();
      const [replica] = former === undefined ? [] : await pair.replicasOf(former);
      if (replica === undefined) throw new Error("the primary has a replica");
      await pair.failOver(replica);
      await noted(service, events, 2);
      await vi.waitFor(async () => expect(await areTold()).toBe(true), within);
      expect([...new Set(await refusals(pair.servers))].toSorted()).toEqual(refused);
    } finally {
      await service.close();
      await pair.close();
    }
  },
  60_000,
);

test.each(["bzpopmin", "lpush", "zrevrange"])(
  "without +%s jobs say what is missing, again and again",
  async (command) => {
    await grant([single], acl.replace(` +${command}`, ""));
    const { service, events } = openJobsOn(asUser(single), { note: async () => ({}) });
    await vi.waitFor(
      async () => {
        await service.add("note", {}).catch(() => undefined);
        await service.recent().catch(() => undefined);
        expect(await refusals([single])).toContain(command);
      },
      { timeout: 15_000, interval: 20 },
    );
    await service.close();
    expect(events.filter(({ type }) => type === "member-left")).toEqual([]);
  },
);

test("the commands of jobs reach the keys of jobs, and none of a partition or the registry", async () => {
  await grant([single]);
  const user = single.client();
  await user.call("auth", "dms", "change-this-password");
  expect(await user.lpush("dms:{test}:jobs:letters:wait", "x")).toBe(1);
  for (const key of ["dms:{test:0}:dead", "dms:{test}:members", "dms:{other}:jobs:letters:wait"]) {
    await expect(user.lpush(key, "x")).rejects.toThrow("NOPERM");
    await expect(user.zpopmin(key)).rejects.toThrow("NOPERM");
  }
});
