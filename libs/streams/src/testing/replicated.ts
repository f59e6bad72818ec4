import { type RedisServer, startRedis } from "@dms/testkit";

/** Gives a primary without the usual pause of seconds before a replica is served. */
export const primaryArgs = ["--repl-diskless-sync-delay", "0"];

const linkMsMax = 60_000;

/** Resolves when a replica of `primary` has everything that was written; throws when none does in time. */
export async function awaitReplica(primary: RedisServer): Promise<void> {
  const client = primary.client();
  // The first mark may travel in the snapshot; only the second one shows that the stream of commands runs.
  for (const mark of ["1", "2"]) {
    await client.set("linked", mark);
    const count = Number(await client.call("wait", 1, linkMsMax));
    if (count < 1) throw new Error("no replica was linked in time");
  }
  client.disconnect();
}

/** Starts a replica and waits until it has what its primary has. */
export async function startReplica(primary: RedisServer): Promise<RedisServer> {
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
  await awaitReplica(primary);
  return replica;
}
