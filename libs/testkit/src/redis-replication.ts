import { until } from "./condition.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./redis-server.ts";

/** What every server of a set is started with: a fresh replica is served at once, and a short break needs no full copy. */
const setArgs = ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "16mb"];
const linkedMsMax = 20_000;

/** Fields of `INFO replication`. */
export async function replicationOf(server: RedisServer): Promise<Record<string, string>> {
  const client = server.client();
  try {
    const section = String(await client.call("info", "replication"));
    return Object.fromEntries([...section.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]));
  } finally {
    client.disconnect();
  }
}

/** Waits until `count` replicas of a primary have all that was written to it. */
export async function awaitReplicas(primary: RedisServer, count: number): Promise<void> {
  await until(
    async () => {
      const state = await replicationOf(primary);
      const offset = state["master_repl_offset"];
      const replicas = Object.entries(state).filter(([name]) => /^slave\d+$/.test(name));
      const ready = replicas.filter(
        ([, value]) => value.includes("state=online") && value.includes(`offset=${offset}`),
      );
      return ready.length >= count;
    },
    { timeoutMs: linkedMsMax, everyMs: 20, describe: () => `not ${count} replicas are linked to ${primary.port}` },
  );
}

/** A primary and its replicas. Nobody watches them: a test that wants another primary promotes one. */
export async function startReplicaSet(replicas: number, options: RedisOptions = {}): Promise<RedisServer[]> {
  const primary = await startRedis({ ...options, args: [...setArgs, ...(options.args ?? [])] });
  const servers = [primary];
  try {
    for (let index = 0; index < replicas; index++) servers.push(await startReplica(primary, options));
    await awaitReplicas(primary, replicas);
    return servers;
  } catch (caught) {
    for (const server of servers) await server.close();
    throw caught;
  }
}

/** Starts one more replica of a primary. */
export function startReplica(primary: RedisServer, options: RedisOptions = {}): Promise<RedisServer> {
  const args = [...setArgs, "--replicaof", "127.0.0.1", String(primary.port), ...(options.args ?? [])];
  return startRedis({ ...options, args });
}
