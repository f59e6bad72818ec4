import { type RedisServer, replicationOf } from "@dms/testkit";
import { between, type Nemesis, type Stage } from "../nemesis.ts";

/** A password that no primary takes: a replica that loses its link comes back at once, and with this one is turned away. */
const wrongPassword = "of nobody";

/**
 * Keeps replicas from their primary while it goes on, kills it, and lets one of them take its place: what it wrote since is
 * lost. Answers how many bytes of its writes that were.
 */
async function loseTail(
  stage: Stage,
  {
    primary,
    replicas,
    takeOver,
  }: { primary: RedisServer; replicas: RedisServer[]; takeOver: () => Promise<RedisServer> },
): Promise<void> {
  const ms = between(stage, 200, 1500);
  stage.note(`the replicas of ${primary.port} are cut off for ${ms} ms`);
  const clients = replicas.map((replica) => replica.client());
  const passwords = await Promise.all(
    clients.map(async (client) => ((await client.config("GET", "masterauth")) as string[])[1] ?? ""),
  );
  for (const client of clients) {
    await client.config("SET", "masterauth", wrongPassword);
    await client.call("client", "kill", "type", "master").catch(() => undefined);
  }
  await stage.lasts(ms);
  const reached = Number((await replicationOf(primary))["master_repl_offset"]);
  await replace(stage, { primary, takeOver, reached });
  await Promise.all(clients.map((client, i) => client.config("SET", "masterauth", passwords[i] ?? "")));
  for (const client of clients) client.disconnect();
}

/** Kills a primary, waits until another has its place, and starts the former again a little later. */
async function replace(
  stage: Stage,
  {
    primary,
    takeOver,
    reached,
  }: { primary: RedisServer; takeOver: () => Promise<RedisServer>; reached: number | null },
): Promise<void> {
  const { deeds } = stage.cluster;
  await deeds.during({ kind: "outage", target: "redis", name: "redis" }, async () => {
    stage.note(`kill -9 the primary ${primary.port}`);
    await primary.kill();
    const next = await takeOver();
    // How far the new primary had followed when it was promoted; it writes on since.
    const kept = Number((await replicationOf(next))["second_repl_offset"]) - 1;
    const lost = reached === null ? 0 : Math.max(0, reached - kept);
    if (lost > 0) deeds.end(deeds.begin({ kind: "lost-tail", target: "redis", name: `${lost} bytes` }));
    stage.note(`${next.port} is the primary now, ${lost} bytes of writes are lost`);
    await stage.lasts(between(stage, 0, 3000));
    await primary.start();
    stage.note(`${primary.port} is back as a replica`);
  });
}

function sentinelOf({ sentinel }: Stage) {
  if (sentinel === undefined) throw new Error("this run has no Sentinel");
  return sentinel;
}

function clusterOf({ redisCluster }: Stage) {
  if (redisCluster === undefined) throw new Error("this run has no Redis Cluster");
  return redisCluster;
}

const sentinelNemeses: readonly Nemesis[] = [
  {
    name: "lose-tail",
    forms: ["sentinel"],
    weight: 3,
    async strike(stage) {
      const set = sentinelOf(stage);
      const primary = await set.primary();
      await loseTail(stage, { primary, replicas: await set.replicas(), takeOver: () => set.awaitFailOver(primary) });
    },
  },
  {
    name: "kill-primary",
    forms: ["sentinel"],
    async strike(stage) {
      const primary = await sentinelOf(stage).primary();
      await replace(stage, { primary, takeOver: () => sentinelOf(stage).awaitFailOver(primary), reached: null });
    },
  },
  {
    name: "planned-fail-over",
    forms: ["sentinel"],
    async strike(stage) {
      await stage.cluster.deeds.during({ kind: "outage", target: "redis", name: "redis" }, async () => {
        stage.note("SENTINEL FAILOVER");
        const next = await sentinelOf(stage).failOver();
        stage.note(`${next.port} is the primary now`);
      });
    },
  },
  {
    name: "kill-sentinel",
    forms: ["sentinel"],
    async strike(stage) {
      const victim = stage.chance.pick(sentinelOf(stage).sentinels);
      stage.note(`kill -9 the sentinel ${victim?.port}`);
      await victim?.kill();
      await stage.lasts(between(stage, 500, 3000));
      await victim?.start();
      stage.note("the sentinel is back");
    },
  },
];

const clusterNemeses: readonly Nemesis[] = [
  {
    name: "lose-node-tail",
    forms: ["cluster"],
    weight: 2,
    async strike(stage) {
      const set = clusterOf(stage);
      const primary = stage.chance.pick(await set.primaries());
      if (primary === undefined) throw new Error("the Redis Cluster has no primary");
      const replicas = await set.replicasOf(primary);
      await loseTail(stage, { primary, replicas, takeOver: () => set.awaitFailOver(primary) });
      await set.awaitOk();
    },
  },
  {
    name: "move-slots",
    forms: ["cluster"],
    weight: 2,
    async strike(stage) {
      const set = clusterOf(stage);
      const partition = Math.floor(stage.chance.fraction() * stage.cluster.partitions);
      const key = `dms:{${stage.cluster.name}:${partition}}:leader`;
      const from = await set.serverOf(key);
      const to = stage.chance.pick((await set.primaries()).filter(({ port }) => port !== from.port));
      if (to === undefined) throw new Error("there is no other primary");
      stage.note(`partition ${partition} moves from ${from.port} to ${to.port}`);
      await set.moveSlot(await set.slotOf(key), to, { halfway: () => stage.lasts(between(stage, 0, 1500)) });
      stage.note(`partition ${partition} has moved`);
    },
  },
  {
    name: "planned-node-fail-over",
    forms: ["cluster"],
    async strike(stage) {
      const set = clusterOf(stage);
      const primary = stage.chance.pick(await set.primaries());
      const [replica] = primary === undefined ? [] : await set.replicasOf(primary);
      if (primary === undefined || replica === undefined) return stage.note("no primary has a replica now");
      stage.note(`CLUSTER FAILOVER: ${replica.port} takes the place of ${primary.port}`);
      await stage.cluster.deeds.during({ kind: "outage", target: "redis", name: "redis" }, () => set.failOver(replica));
    },
  },
];

export const topologyNemeses: readonly Nemesis[] = [...sentinelNemeses, ...clusterNemeses];
