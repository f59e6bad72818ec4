import type { RedisForm, RedisServer } from "@dms/testkit";
import { now, percentile, type Scenario, type ShownLog, type Stage, play, quickAgents } from "../e2e/scenario.ts";

/** Plays a scenario on a form of Redis, and ends the form after it. */
export async function playOn(
  form: RedisForm,
  { config = {}, ...scenario }: Omit<Scenario, "cluster"> & { config?: Record<string, Record<string, unknown>> },
): Promise<void> {
  const cluster = { workers: 2, dispatchers: 2, redis: form, config: { ...quickAgents, ...config } };
  try {
    await play({ ...scenario, cluster });
  } finally {
    await form.close();
  }
}

/** The longest time without any message shown from `since` on, once `count` more were shown: what an outage cost. */
export async function gapAfter(stage: Stage, what: string, harm: () => Promise<unknown>): Promise<void> {
  const { cluster, flow, shown } = stage;
  const since = now();
  await cluster.deeds.during({ kind: "outage", target: "redis", name: "redis" }, harm);
  await flow(120);
  console.log(`measured: ${what}: nothing was shown for ${longestGap(shown, since)} ms`);
  const latencies = shown.rows.filter(({ at }) => at > since).map(({ latencyMs }) => latencyMs);
  console.log(`measured: ${what}: latency p50 ${percentile(latencies, 0.5)} ms, worst ${percentile(latencies, 1)} ms`);
}

function longestGap(shown: ShownLog, since: number): number {
  const times = [since, ...shown.rows.map(({ at }) => at).filter((at) => at > since)].toSorted((a, b) => a - b);
  return Math.max(...times.map((at, index) => at - (times[index - 1] ?? at)));
}

/** A set without sentinels as a form: whoever is the primary now is looked at. */
export function replicated(servers: readonly RedisServer[], primaryNow: () => RedisServer): RedisForm {
  const [first] = servers;
  if (first === undefined) throw new Error("a set has servers");
  const nodes = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  return {
    settings: { ...first.settings, mode: "replicated", nodes },
    section: { mode: "replicated", nodes: nodes.map(({ port }) => `127.0.0.1:${port}`) },
    look: () => primaryNow().look(),
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}
