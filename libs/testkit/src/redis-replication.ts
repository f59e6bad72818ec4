import { type RedisOptions, type RedisServer, startRedis } from "./redis-server.ts";

/** What every server of a set is started with: a fresh replica is served at once, and a short break needs no full copy. */
const setArgs = ["--repl-diskless-sync-delay", "0", "--repl-backlog-size", "16mb"];
const linkedMsMax = 20_000;
/** Nobody listens there. */
const unreachablePort = 1;

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
  const client = primary.client();
  try {
    // The first mark may travel in the snapshot; only the second one shows that the stream of commands runs.
    for (const mark of ["1", "2"]) {
      await client.set("linked", mark);
      const linked = Number(await client.call("wait", count, linkedMsMax));
      if (linked < count) throw new Error(`${linked} of ${count} replicas are linked to ${primary.port}`);
    }
    await client.del("linked");
  } finally {
    client.disconnect();
  }
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

/** Cuts a replica off: it keeps what it has, and follows nobody until `followAgain`. Freezing it would only delay what is sent. */
export async function cutOff(replica: RedisServer): Promise<void> {
  await replica.client().replicaof("127.0.0.1", unreachablePort);
}

/** Lets a server follow a primary, whatever it was before. */
export async function followAgain(server: RedisServer, primary: RedisServer): Promise<void> {
  await server.client().replicaof("127.0.0.1", primary.port);
}

/** Makes one server the primary of all of a set that run. */
export async function promote(next: RedisServer, servers: readonly RedisServer[]): Promise<void> {
  await next.client().replicaof("NO", "ONE");
  for (const server of servers) if (server !== next && server.pid !== undefined) await followAgain(server, next);
}
