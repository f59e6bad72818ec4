import type { EventViews, Metrics, Reading } from "@dms/runtime";

interface Fetching {
  /** Channels configured, and those of them fetched from here. */
  channels: readonly string[];
  fetching: ReadonlySet<string>;
}

/** What is seen of channels: what the hub gave, what became of it, and how old what it still has can be. */
export function observeFetching(metrics: Metrics): { views: EventViews; watch: (read: () => Fetching) => void } {
  const known = { fetchedUpTo: new Map<string, number>(), paused: new Set<string>() };
  const counters = fetchCounters(metrics);
  return {
    views: { ...batchViews(metrics, counters), ...troubleViews(counters), ...pauseViews(known) },
    watch: (read) => {
      for (const channel of read().channels) {
        for (const outcome of ["accepted", "repeated", "malformed"]) counters.pulled.of({ channel, outcome }).add(0);
        counters.behind.of({ channel }).add(0);
        counters.gaps.of({ channel }).add(0);
      }
      counters.dead.of({ reason: "malformed" }).add(0);
      watchChannels(metrics, read, known);
    },
  };
}

function fetchCounters(metrics: Metrics) {
  return {
    pulled: metrics.counter({
      name: "dms_messages_pulled_total",
      help: "Messages fetched from the hub: accepted, repeated (taken before) or malformed",
      labels: ["channel", "outcome"],
    }),
    failures: metrics.counter({
      name: "dms_fetch_failures_total",
      help: "Fetches, accepts and confirmations that failed and are tried again",
      labels: ["channel", "operation", "code"],
    }),
    behind: metrics.counter({
      name: "dms_fetch_behind_total",
      help: "Batches that a partition refused, for it had not taken what went before",
      labels: ["channel"],
    }),
    gaps: metrics.counter({
      name: "dms_sequence_gaps_total",
      help: "Sequences confirmed to the hub that a partition had lost",
      labels: ["channel"],
    }),
    dead: metrics.counter({
      name: "dms_dead_letters_total",
      help: "Messages and replies that this process buried, by reason",
      labels: ["reason"],
    }),
  };
}

type Counters = ReturnType<typeof fetchCounters>;

function batchViews(metrics: Metrics, { pulled, dead }: Counters): EventViews {
  const confirmed = metrics.gauge({
    name: "dms_confirmed_sequence",
    help: "How far this process has confirmed a channel to the hub",
    labels: ["channel"],
  });
  return {
    "batch-accepted": {
      count: ({ channel, accepted, skipped }) => {
        pulled.of({ channel, outcome: "accepted" }).add(accepted);
        pulled.of({ channel, outcome: "repeated" }).add(skipped);
      },
    },
    // Carries messages: for traces, never for a line.
    "batch-stored": { level: null },
    "batch-confirmed": { count: ({ channel, upTo }) => confirmed.of({ channel }).set(upTo) },
    "message-malformed": {
      level: "error",
      count: ({ channel }) => {
        pulled.of({ channel, outcome: "malformed" }).add();
        dead.of({ reason: "malformed" }).add();
      },
    },
  };
}

function troubleViews({ failures, behind, gaps }: Counters): EventViews {
  return {
    "fetch-failed": {
      level: "warn",
      kind: ({ channel, operation, code }) => `fetch ${channel} ${operation} ${code}`,
      count: ({ channel, operation, code }) => failures.of({ channel, operation, code }).add(),
    },
    "fetch-behind": { level: "warn", count: ({ channel }) => behind.of({ channel }).add() },
    "fetch-gap": { level: "error", count: ({ channel, sequences }) => gaps.of({ channel }).add(sequences) },
  };
}

interface Known {
  fetchedUpTo: Map<string, number>;
  paused: Set<string>;
}

function pauseViews({ fetchedUpTo, paused }: Known): EventViews {
  return {
    "batch-fetched": {
      level: null,
      count: ({ channel, sentUpTo }) => void fetchedUpTo.set(channel, sentUpTo),
    },
    "fetch-paused": { level: "warn", count: ({ channel }) => void paused.add(channel) },
    "fetch-resumed": { level: "info", count: ({ channel }) => void paused.delete(channel) },
    "fetcher-gained": { level: "info" },
    "fetcher-lost": { level: "info" },
  };
}

function watchChannels(metrics: Metrics, read: () => Fetching, { fetchedUpTo, paused }: Known): void {
  const perChannel = (value: (channel: string, fetching: ReadonlySet<string>) => number): Reading<"channel">[] => {
    const { channels, fetching } = read();
    return channels.map((channel) => [{ channel }, value(channel, fetching)]);
  };
  metrics.gauge({
    name: "dms_channel_fetched",
    help: "1 while this dispatcher fetches the channel",
    labels: ["channel"],
    read: () => perChannel((channel, fetching) => Number(fetching.has(channel))),
  });
  metrics.gauge({
    name: "dms_fetch_paused",
    help: "1 while fetching waits for the backlog to shrink",
    labels: ["channel"],
    read: () => perChannel((channel, fetching) => Number(fetching.has(channel) && paused.has(channel))),
  });
  metrics.gauge({
    name: "dms_hub_fetched_timestamp_seconds",
    help: "What the hub still holds was sent after this, in seconds since 1970: when the last message of the latest fetch was sent, or when a fetch found none",
    labels: ["channel"],
    read: () => {
      const { fetching } = read();
      const held = [...fetchedUpTo].filter(([channel]) => fetching.has(channel));
      return held.map(([channel, at]): Reading<"channel"> => [{ channel }, at / 1000]);
    },
  });
}
