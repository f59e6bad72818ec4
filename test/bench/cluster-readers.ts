import type { MemberId } from "@dms/protocol";
import type { InboxReader } from "@dms/rules";
import { systemClock } from "@dms/runtime";
import { makeInboxReader, makeKeys, RedisWire } from "@dms/streams";
import { percentile, type RedisClusterSet, startRedisCluster } from "@dms/testkit";

// What waiting for entries costs in a Redis Cluster: told by the scripts, or asking every partition in turns as it was before.

const readers = 10;
const partitions = 8;
const idleMs = 10_000;
const gives = 300;
const turnMs = 15;
const keys = makeKeys("bench");
const wait = { count: 100, blockMs: 1000 };

/** What a transition that appends does, in a Redis Cluster. */
const append =
  "redis.call('XADD', KEYS[1], '*', 'h', 'm 1 life grant c', 'p', ARGV[1]) redis.call('SPUBLISH', KEYS[1], '')";

type Cursors = Map<number, string>;
type Read = InboxReader["read"];
type Rows = [string, [entryId: string, fields: string[]][]][];

function inTurns(wire: RedisWire): Read {
  return async (member, cursors, { count, blockMs }) => {
    const until = performance.now() + blockMs;
    for (;;) {
      const found = await Promise.all(
        [...cursors].map(async ([partition, cursor]) => {
          const key = keys.inbox(partition, member);
          const rows = (await wire.call(key, "xread", "count", count, "streams", key, cursor)) as Rows | null;
          return (rows?.[0]?.[1] ?? []).map(([entryId, fields]) => ({ partition, entryId, payload: fields[3] ?? "" }));
        }),
      );
      const entries = found.flat();
      if (entries.length > 0 || performance.now() > until) return entries as never;
      await systemClock.sleep(turnMs);
    }
  };
}

async function totals(cluster: RedisClusterSet): Promise<{ calls: number; cpuS: number }> {
  let [calls, cpuS] = [0, 0];
  for (const server of await cluster.primaries()) {
    const client = server.client();
    const stats = String(await client.call("info", "commandstats"));
    for (const [, count] of stats.matchAll(/^cmdstat_xread:calls=(\d+)/gm)) calls += Number(count);
    const cpu = String(await client.call("info", "cpu"));
    for (const [, seconds] of cpu.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)) cpuS += Number(seconds);
    client.disconnect();
  }
  return { calls, cpuS };
}

async function measure(cluster: RedisClusterSet, name: string, makeRead: (wire: RedisWire) => Read): Promise<void> {
  const wires = Array.from({ length: readers }, () => {
    const options = { settings: cluster.settings, durability: "none", durabilityTimeoutMs: 1000 } as const;
    return new RedisWire({ ...options, clock: systemClock, onNotice: () => undefined });
  });
  await Promise.all(wires.map((wire) => wire.open()));
  const givenAt: number[] = [];
  const latencies: number[] = [];
  let isOver = false;
  const loops = wires.map(async (wire, index) => {
    const read = makeRead(wire);
    const member = `w${index}.${name}` as MemberId;
    const cursors: Cursors = new Map(Array.from({ length: partitions }, (_, partition) => [partition, "0-0"]));
    while (!isOver) {
      for (const { partition, entryId, payload } of await read(member, cursors, wait)) {
        cursors.set(partition, entryId);
        latencies.push(performance.now() - (givenAt[Number(payload)] ?? Number.NaN));
      }
    }
  });
  const before = await totals(cluster);
  await systemClock.sleep(idleMs);
  const after = await totals(cluster);
  const seconds = idleMs / 1000;
  const [writer] = wires;
  if (writer === undefined) throw new Error("there are readers");
  for (let index = 0; index < gives; index++) {
    const [member, partition] = [`w${index % readers}.${name}` as MemberId, index % partitions];
    const key = keys.inbox(partition, member);
    givenAt[index] = performance.now();
    await writer.call(key, "eval", append, 1, key, index);
    await systemClock.sleep(10);
  }
  await systemClock.sleep(200);
  isOver = true;
  await Promise.all(loops);
  for (const wire of wires) wire.close();
  const perReader = Math.round((after.calls - before.calls) / seconds / readers);
  const cpuShare = (((after.cpuS - before.cpuS) / seconds) * 100).toFixed(1);
  latencies.sort((a, b) => a - b);
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)].map((ms) =>
    (ms ?? Number.NaN).toFixed(1),
  );
  console.log(
    `measured: ${name}: idle ${perReader} reads a second and reader, servers' CPU ${cpuShare} % of a core; ` +
      `from append to reader n ${latencies.length}, p50 ${p50} ms, p99 ${p99} ms`,
  );
}

const cluster = await startRedisCluster({ replicasEach: 0 });
try {
  await measure(cluster, "turns", inTurns);
  await measure(cluster, "told", (wire) => {
    const reader = makeInboxReader(wire, keys, systemClock);
    return (...call) => reader.read(...call);
  });
} finally {
  await cluster.close();
}
