import { type RedisServer, startRedis } from "@dms/testkit";

/** Gives a primary without the usual pause of seconds before a replica is served. */
export const primaryArgs = ["--repl-diskless-sync-delay", "0"];

const linkMsMax = 20_000;

/** Resolves when a replica of `primary` has everything that was written; throws when none does in time. */
export async function awaitReplica(primary: RedisServer): Promise<void> {
  const client = primary.client();
  await client.set("linked", "1");
  const count = Number(await client.call("wait", 1, linkMsMax));
  client.disconnect();
  if (count < 1) throw new Error("no replica was linked in time");
}

/** Starts a replica and waits until it has what its primary has. */
export async function startReplica(primary: RedisServer): Promise<RedisServer> {
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
  await awaitReplica(primary);
  return replica;
}
