import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { atRest, boundsOfStuck, type History, startCluster, type TestCluster, until, verdict } from "@dms/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queriesIn } from "../tidy/dashboards.ts";
import { figuresOf, sumOf } from "./figures.ts";
import { listenTo, redelivered, type Told } from "./redelivered.ts";
import { clientKind, type ReceivedSpan, spansIn, traceFaults } from "./spans.ts";
import {
  isMonitoringThere,
  query,
  type RunningServer,
  scrapeFailures,
  startAlertmanager,
  startPrometheus,
} from "./servers.ts";

// One cluster, watched by a real Prometheus: the figures against the ledgers, every query of the dashboard, one real alert.

const path = (name: string) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
const dashboard = readFileSync(path("grafana/dashboards/dms.json"), "utf8");
const traffic = { channel: "whatsapp", rate: 30, conversations: 12, types: { text: 8, activity: 1, media: 1 } };

/** Queries that have nothing to say about a cluster without this trouble, each with the trouble. */
const explained: Record<string, string> = {
  dms_redis_failures_total: "Redis never failed",
  dms_http_refused_total: "nobody asked too much of the ports",
  dms_fetch_failures_total: "the hub never failed a fetch",
  dms_transitions_refused_total: "no two members wanted one conversation",
  "dms_redis_memory_max_bytes > 0": "this Redis has no bound of memory",
};

let cluster: TestCluster;
let prometheus: RunningServer;
let alertmanager: RunningServer;
let receiver: Server;
const alerts: { labels: Record<string, string>; annotations: Record<string, string> }[] = [];
const spans: ReceivedSpan[] = [];
const rest: { calm?: History; hurt?: History } = {};
let told: Told[] = [];

/** Takes what Alertmanager sends, and the spans that the processes send. */
async function openReceiver(): Promise<string> {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/v1/traces") spans.push(...spansIn(body));
      else alerts.push(...(JSON.parse(body) as { alerts: typeof alerts }).alerts);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
}

beforeAll(async () => {
  if (!isMonitoringThere) return;
  const url = await openReceiver();
  cluster = await startCluster({
    workers: 2,
    dispatchers: 1,
    chatServers: 2,
    config: {
      "chat-mock": { agents: { "think-min-ms": 100, "think-max-ms": 600 } },
      tracing: { "otlp-url": url },
    },
  });
  alertmanager = await startAlertmanager(url);
  const targets = Object.groupBy([...cluster.apps.values()], ({ app }) => app);
  prometheus = await startPrometheus({
    targets: Object.fromEntries(
      Object.entries(targets).map(([app, apps]) => [app, (apps ?? []).map(({ port }) => `127.0.0.1:${port}`)]),
    ),
    rules: [path("prometheus/rules/figures.yml"), path("prometheus/rules/alerts.yml")],
    alertmanager: alertmanager.url,
  });
  // An increase is counted from the first figure that was seen.
  await until(async () => (await query(prometheus.url, 'dms_dead_letters_total{app="dispatcher"}')).length > 0, {
    timeoutMs: 30_000,
    describe: () => "nothing was scraped",
  });
}, 60_000);

afterAll(async () => {
  prometheus?.stop();
  alertmanager?.stop();
  receiver?.close();
  await cluster?.stop();
});

/** Customers write and agents answer, until the one is stopped and the others are told to be still, as `atRest` does. */
async function talk(plan: { seed: number; seconds?: number }): Promise<void> {
  await cluster.chats[0]?.setAgents({ enabled: true });
  await cluster.hub.startTraffic({ ...traffic, ...plan });
}

/** What the ledgers say became of all that the hub has given. */
function ledgerOf(history: History) {
  const conversations = [...history.conversations.values()];
  const inbound = conversations.flatMap(({ inbound: messages }) => messages);
  const dead = conversations.flatMap(({ dead: letters }) => letters);
  const malformed = dead.filter(({ reason }) => reason === "malformed").length;
  const buried = dead.filter(({ reason }) => reason !== "malformed" && reason !== "reply-rejected").length;
  const noted = inbound.filter(({ message }) => (message as { type?: string }).type === "activity").length;
  const settled = inbound.length - malformed - buried;
  const replies = conversations.flatMap(({ sent }) => sent).length;
  return { pulled: inbound.length, malformed, buried, noted, settled, shown: settled - noted, replies };
}

test.skipIf(!isMonitoringThere)(
  "at rest every process's figures are what hub and chat servers have: pulled = shown + noted + dead (I16)",
  async () => {
    await talk({ seconds: 10, seed: 7 });
    await cluster.hub.receive("whatsapp", [{ conversationId: "broken", type: "nonsense" }], { isUnchecked: true });
    const history = await atRest(cluster, 60_000);
    rest.calm = history;
    expect(verdict(history, { isAtRest: true, bounds: boundsOfStuck }).findings).toEqual([]);
    const ledger = ledgerOf(history);
    expect(ledger.shown).toBeGreaterThan(150);
    expect(ledger.noted).toBeGreaterThan(0);
    expect(ledger.malformed).toBe(1);
    // The leader's look at Redis is younger than the last settle only a moment later.
    await until(async () => sumOf(await figuresOf(cluster), "dms_partition_settled_total") === ledger.settled, {
      timeoutMs: 30_000,
      describe: () => `settled is not ${ledger.settled}`,
    });
    const figures = await figuresOf(cluster);
    const ofProcesses = {
      pulled: sumOf(figures, "dms_messages_pulled_total", { outcome: /accepted|malformed/ }),
      malformed: sumOf(figures, "dms_messages_pulled_total", { outcome: /malformed/ }),
      buried: sumOf(figures, "dms_messages_total", { outcome: /dead/ }),
      noted: sumOf(figures, "dms_messages_total", { outcome: /noted/ }),
      shown: sumOf(figures, "dms_messages_total", { outcome: /shown/ }),
      settled: sumOf(figures, "dms_messages_total", { outcome: /shown|noted/ }),
      replies: sumOf(figures, "dms_replies_total", { outcome: /sent|replayed/ }),
    };
    expect(ofProcesses).toEqual(ledger);
    expect(sumOf(figures, "dms_message_latency_seconds_count")).toBe(ledger.shown);
    expect(sumOf(figures, "dms_backlog_entries")).toBe(0);
    expect(countsIn(figures)).toEqual(countsOf(ledger));
  },
  150_000,
);

test.skipIf(!isMonitoringThere)(
  "each message is one trace, from the hub's receipt over the dispatcher and the worker to the chat",
  async () => {
    const inbound = [...(rest.calm?.conversations.values() ?? [])].flatMap((each) => each.inbound);
    const ids = inbound.filter(({ message }) => (message as { type?: string }).type !== "nonsense").map(({ id }) => id);
    const ofMessage = () => Map.groupBy(spans, ({ attributes }) => attributes["messaging.message.id"] ?? "");
    const faults = (): string[] => {
      const traces = ofMessage();
      return ids.flatMap((id) => traceFaults(traces.get(id) ?? []).map((fault) => `${id}: ${fault}`));
    };
    expect(ids.length).toBeGreaterThan(150);
    await until(() => faults().length === 0, { timeoutMs: 30_000, describe: () => faults().slice(0, 5).join("; ") });
    const [traces] = [ofMessage()];
    const spansOfOne = traces.get(ids[0] ?? "") ?? [];
    expect(spansOfOne.map(({ service }) => service).toSorted()).toEqual(["dms-dispatcher", "dms-worker", "dms-worker"]);
    const ownTraces = new Set(ids.map((id) => traces.get(id)?.[0]?.traceId));
    expect(ownTraces.size).toBe(ids.length);
    // Calls for a message hang below its root, and say how they ended.
    const roots = new Set([...traces.values()].flat().flatMap(({ parentSpanId, spanId }) => parentSpanId ?? spanId));
    const calls = spans.filter(({ kind, traceId }) => kind === clientKind && ownTraces.has(traceId));
    expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(["POST create", "POST send"]));
    expect(calls.filter(({ parentSpanId }) => !roots.has(parentSpanId ?? ""))).toEqual([]);
    const created = calls.find(({ name, status }) => name === "POST create" && status.code === undefined);
    expect(created?.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.response.status_code": "200",
      "server.address": "127.0.0.1",
      "dms.target": "chat",
    });
  },
  30_000,
);

/** The same in Redis's own counts, which no death of a process bends. */
function countsIn(figures: Awaited<ReturnType<typeof figuresOf>>) {
  return {
    accepted: sumOf(figures, "dms_partition_accepted_total"),
    settled: sumOf(figures, "dms_partition_settled_total"),
    malformed: sumOf(figures, "dms_partition_dead_total", { reason: /malformed/ }),
    buried: sumOf(figures, "dms_partition_dead_total", { reason: /rejected|crashing|missing|no-session/ }),
  };
}

function countsOf({ pulled, malformed, settled, buried }: ReturnType<typeof ledgerOf>) {
  return { accepted: pulled - malformed, settled, malformed, buried };
}

test.skipIf(!isMonitoringThere)(
  "a worker killed in the middle bends no count in Redis: they are the ledgers' again (I16)",
  async () => {
    told = listenTo(cluster);
    await cluster.hub.setFaults([{ operation: "send", kind: "status", status: 503, probability: 0.3 }]);
    await talk({ seed: 8 });
    const before = sumOf(await figuresOf(cluster), "dms_partition_settled_total");
    const isFlowing = (count: number) => async () =>
      sumOf(await figuresOf(cluster), "dms_partition_settled_total") > before + count;
    await until(isFlowing(60), { timeoutMs: 60_000, describe: () => "nothing flows" });
    await cluster.app("worker-2").destroy();
    await until(isFlowing(200), { timeoutMs: 60_000, describe: () => "nothing flows after the death" });
    await cluster.hub.setFaults([]);
    await cluster.hub.stopTraffic();
    const history = await atRest(cluster, 60_000);
    rest.hurt = history;
    expect(verdict(history, { isAtRest: true, bounds: boundsOfStuck }).findings).toEqual([]);
    const ledger = ledgerOf(history);
    await until(async () => sumOf(await figuresOf(cluster), "dms_partition_settled_total") >= ledger.settled, {
      timeoutMs: 30_000,
      describe: () => `settled is not ${ledger.settled}`,
    });
    const figures = await figuresOf(cluster);
    expect(countsIn(figures)).toEqual(countsOf(ledger));
    expect(sumOf(figures, "dms_failover_first_effect_seconds_count")).toBeGreaterThan(0);
    expect(sumOf(figures, "dms_failover_detect_seconds_count")).toBeGreaterThan(0);
    expect(sumOf(figures, "dms_failover_reassign_seconds_count")).toBeGreaterThan(0);
  },
  150_000,
);

test.skipIf(!isMonitoringThere)(
  "a message that lay at the killed worker is one trace as well: received once, shown by its next owner",
  async () => {
    const moved = redelivered(told, spans, { dead: "worker-2", heir: "worker-1" });
    const inbound = [...(rest.hurt?.conversations.values() ?? [])].flatMap((each) => each.inbound);
    const given = new Set(inbound.map(({ id }) => id));
    expect(moved.length).toBeGreaterThan(5);
    expect(moved.filter(({ messageId }) => !given.has(messageId))).toEqual([]);
    const spansOf = (id: string) => spans.filter(({ attributes }) => attributes["messaging.message.id"] === id);
    const faults = (): string[] =>
      moved.flatMap(({ messageId }) => traceFaults(spansOf(messageId)).map((fault) => `${messageId}: ${fault}`));
    await until(() => faults().length === 0, { timeoutMs: 30_000, describe: () => faults().slice(0, 5).join("; ") });
    for (const { messageId, evictedAt } of moved) {
      const trace = spansOf(messageId);
      const makers = trace.map(({ name, instance }) => `${name.split(" ")[0]} ${instance}`);
      expect(makers.toSorted()).toEqual(["message worker-1", "process worker-1", "receive dispatcher-1"]);
      const root = trace.find(({ parentSpanId }) => parentSpanId === undefined);
      expect(BigInt(root?.startTimeUnixNano ?? 0)).toBeLessThan(evictedAt);
      expect(BigInt(root?.endTimeUnixNano ?? 0)).toBeGreaterThan(evictedAt);
      const calls = spans.filter(({ kind, parentSpanId }) => kind === clientKind && parentSpanId === root?.spanId);
      expect(calls.map(({ traceId }) => traceId)).toEqual(calls.map(() => root?.traceId));
    }
  },
  60_000,
);

/** What Prometheus should have seen, and why it may not have. */
async function whatTheProcessesSay(): Promise<string> {
  const figures = await figuresOf(cluster);
  const told = figures.filter(({ name }) => name === "dms_outside_call_seconds_count" || name === "dms_retries_total");
  const lines = told.map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value}`);
  return [...lines, ...(await scrapeFailures(prometheus.url))].join("\n");
}

/** Lets replies fail at the hub for as long as Prometheus has not seen it: on a quick machine no call may have failed before. */
async function failCallsUntilSeen(): Promise<void> {
  await cluster.hub.setFaults([{ operation: "send", kind: "status", status: 503, probability: 1 }]);
  await talk({ seed: 9 });
  const failed = 'rate(dms_outside_call_seconds_count{outcome!~"ok|aborted"}[2m])';
  const isSeen = async (expr: string) => (await query(prometheus.url, expr)).length > 0;
  await until(async () => (await isSeen(failed)) && (await isSeen("rate(dms_retries_total[2m])")), {
    timeoutMs: 60_000,
    describe: () => "Prometheus has not seen a failed call and a retry",
  }).catch(async (caught: unknown) => {
    throw new Error(`${String(caught)}\n${await whatTheProcessesSay()}`);
  });
  await cluster.hub.setFaults([]);
  await cluster.hub.stopTraffic();
  await atRest(cluster, 60_000);
}

test.skipIf(!isMonitoringThere)(
  "every query of the dashboard is answered by a real Prometheus, with figures or with the reason why there are none",
  async () => {
    await failCallsUntilSeen();
    const silent: string[] = [];
    for (const { title, expr } of queriesIn(dashboard)) {
      const asked = expr.replaceAll("$__rate_interval", "2m");
      const answer = await query(prometheus.url, asked);
      const isExplained = Object.keys(explained).some((what) => expr.includes(what));
      if (answer.length === 0 && !isExplained) silent.push(`${title}: ${asked}`);
    }
    expect(silent).toEqual([]);
  },
  150_000,
);

test.skipIf(!isMonitoringThere)(
  "a dead letter reaches a person: Prometheus fires, Alertmanager sends, with the runbook's section",
  async () => {
    const isThere = () => alerts.some(({ labels }) => labels["alertname"] === "DmsDeadLetters");
    await until(isThere, { timeoutMs: 60_000, describe: () => `only ${JSON.stringify(alerts)}` });
    const alert = alerts.find(({ labels }) => labels["alertname"] === "DmsDeadLetters");
    expect(alert).toMatchObject({
      labels: { severity: "warning", reason: "malformed" },
      annotations: { runbook: "docs/runbook.md#dmsdeadletters" },
    });
  },
  90_000,
);
