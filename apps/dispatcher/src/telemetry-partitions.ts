import type { MemberView, PartitionView, RedisServerView } from "@dms/rules";
import type { Clock, EventViews, Metrics, Reading } from "@dms/runtime";

interface Leading {
  leading: ReadonlySet<number>;
  partitions: number;
}

/** What a dispatcher sees of the cluster: the partitions that it leads, the members, the servers of Redis. */
export function observePartitions(
  metrics: Metrics,
  clock: Clock,
): { views: EventViews; watch: (read: () => Leading) => void } {
  const seen = new Map<number, PartitionView>();
  const registry = { members: [] as readonly MemberView[], servers: [] as readonly RedisServerView[] };
  return {
    views: {
      "partition-seen": { level: null, count: ({ partition, view }) => void seen.set(partition, view) },
      "survey-taken": { level: null, count: ({ survey }) => void (registry.members = survey.members) },
      "redis-seen": { level: null, count: ({ servers }) => void (registry.servers = servers) },
      looked: { level: null },
    },
    watch: (read) => {
      watchLeading(metrics, read);
      watchPartitions(metrics, () => [...seen].filter(([partition]) => read().leading.has(partition)), clock);
      watchCounts(metrics, () => [...seen].filter(([partition]) => read().leading.has(partition)));
      watchMembers(metrics, registry);
      watchServers(metrics, registry);
    },
  };
}

type Led = () => [partition: number, view: PartitionView][];

function watchLeading(metrics: Metrics, read: () => Leading): void {
  metrics.gauge({ name: "dms_partitions_led", help: "Partitions led", read: () => read().leading.size });
  metrics.gauge({ name: "dms_partitions", help: "Partitions of the cluster", read: () => read().partitions });
}

function watchPartitions(metrics: Metrics, led: Led, clock: Clock): void {
  const gauges = [
    ["dms_backlog_entries", "Entries in all inboxes of a led partition", (view) => view.backlog],
    ["dms_dead_letters_stored", "Dead letters that lie in a led partition", (view) => view.deadLetters],
    [
      "dms_unplaced_conversations",
      "Conversations of a led partition without a worker",
      (view) => view.unplacedConversations,
    ],
    [
      "dms_longest_inbox_entries",
      "Entries in the longest inbox of a led partition",
      (view) => Math.max(0, ...view.members.map(({ entries }) => entries)),
    ],
    [
      "dms_oldest_message_age_seconds",
      "Age of the oldest message at the front of an inbox of a led partition, since the hub says it was sent; 0 when all are empty",
      (view) => ageSeconds(view, clock.wall()),
    ],
  ] satisfies [`dms_${string}`, string, (view: PartitionView) => number][];
  for (const [name, help, figure] of gauges) {
    const read = (): Reading<"partition">[] =>
      led().map(([partition, view]) => [{ partition: String(partition) }, figure(view)]);
    metrics.gauge({ name, help, labels: ["partition"], read });
  }
  metrics.gauge({
    name: "dms_inbox_entries",
    help: "Entries in the inboxes of a led partition, by what their member is: evicted ones are dead owners",
    labels: ["partition", "state"],
    read: () => led().flatMap(([partition, view]) => entriesByState(String(partition), view)),
  });
}

function ageSeconds({ members }: PartitionView, now: number): number {
  const oldest = Math.min(now, ...members.map(({ oldestAt }) => oldestAt ?? now));
  return (now - oldest) / 1000;
}

function entriesByState(partition: string, { members }: PartitionView): Reading<"partition" | "state">[] {
  const entries = new Map<string, number>();
  for (const member of members) entries.set(member.state, (entries.get(member.state) ?? 0) + member.entries);
  return [...entries].map(([state, count]) => [{ partition, state }, count]);
}

/** Counted by the scripts themselves, so no death of a process bends them: the same from whichever leader reads them. */
function watchCounts(metrics: Metrics, led: Led): void {
  metrics.counter({
    name: "dms_partition_accepted_total",
    help: "Messages ever stored in a led partition under a conversation",
    labels: ["partition"],
    read: () => led().map(([partition, { counts }]) => [{ partition: String(partition) }, counts.accepted]),
  });
  metrics.counter({
    name: "dms_partition_settled_total",
    help: "Messages ever shown or noted in a led partition",
    labels: ["partition"],
    read: () => led().map(([partition, { counts }]) => [{ partition: String(partition) }, counts.settled]),
  });
  metrics.counter({
    name: "dms_partition_redriven_total",
    help: "Dead letters of a led partition that were ever given back to their conversations",
    labels: ["partition"],
    read: () => led().map(([partition, { counts }]) => [{ partition: String(partition) }, counts.redriven]),
  });
  metrics.counter({
    name: "dms_partition_dead_total",
    help: "Dead letters ever made in a led partition, by reason",
    labels: ["partition", "reason"],
    read: () =>
      led().flatMap(([partition, { counts }]) =>
        Object.entries(counts.dead).map(
          ([reason, count]): Reading<"partition" | "reason"> => [{ partition: String(partition), reason }, count],
        ),
      ),
  });
}

function watchMembers(metrics: Metrics, registry: { members: readonly MemberView[] }): void {
  metrics.gauge({
    name: "dms_members",
    help: "Members whose lease runs, as this dispatcher last saw the registry",
    labels: ["role", "state"],
    read: () => {
      const living = registry.members.filter(({ leaseLeftMs }) => leaseLeftMs > 0);
      const states = Map.groupBy(living, ({ role, state }) => `${role} ${state}`);
      return ["dispatcher active", "dispatcher draining", "worker active", "worker draining"].map((key) => {
        const [role = "", state = ""] = key.split(" ");
        return [{ role, state }, states.get(key)?.length ?? 0];
      });
    },
  });
}

function watchServers(metrics: Metrics, registry: { servers: readonly RedisServerView[] }): void {
  const gauges = [
    ["dms_redis_memory_used_bytes", "Memory that a Redis server uses", (server) => server.usedBytes],
    ["dms_redis_memory_max_bytes", "Memory that it may use; 0 where it has no bound", (server) => server.maxBytes],
    ["dms_redis_replicas", "Replicas of a primary that are connected and in step", (server) => server.replicas],
    ["dms_redis_append_only", "1 where it writes an append-only file", (server) => Number(server.isAppendOnly)],
    [
      "dms_redis_persisted",
      "1 while its last writes to disk succeeded, of those it is configured to make",
      (server) => Number(server.isPersisted),
    ],
  ] satisfies [`dms_${string}`, string, (server: RedisServerView) => number][];
  for (const [name, help, figure] of gauges) {
    const read = (): Reading<"node">[] => registry.servers.map((server) => [{ node: server.node }, figure(server)]);
    metrics.gauge({ name, help, labels: ["node"], read });
  }
}
