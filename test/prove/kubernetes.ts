import { fileURLToPath } from "node:url";
import { until } from "@dms/testkit";
import { renderKustomization } from "../deploy/kustomize/render.ts";
import { podTemplateOf } from "../deploy/kustomize/resource.ts";
import type { Resource } from "../deploy/kustomize/resource.ts";
import { endPlainly, run, wordsOf } from "./command.ts";
import { MemberCounts } from "./member-counts.ts";
import { MemberLogs } from "./member-logs.ts";
import { forwardPort } from "./port-forward.ts";
import { Proof } from "./proof.ts";

/*
 * npm run prove:kubernetes: applies the demo overlay to the cluster of the current context, scales, rolls, drains a node and
 * cuts one off, each under traffic, and judges by the ledgers. The images dms/*:dev must be on the nodes. It needs two nodes,
 * makes the namespace dms-demo and removes it.
 *
 * DMS_KUBECTL          the command, `kubectl` by default
 * DMS_MANIFEST_FILTER  a command through which the rendered manifests go, for clusters that know older API versions only
 * DMS_APPLY_FLAGS      flags for kubectl apply
 * DMS_CUT_NODE         shell commands that cut the node $NODE off the network, and bring it back; without them that step is
 * DMS_HEAL_NODE        left out
 * DMS_NODE             the node to drain and to cut off; the last one by default
 */
const namespace = "dms-demo";
endPlainly();
const kubectlCommand = wordsOf("DMS_KUBECTL", "kubectl");
const kubectl = (...args: string[]): Promise<string> => run([...kubectlCommand, "-n", namespace, ...args]);
const overlay = fileURLToPath(new URL("../../k8s/overlays/demo", import.meta.url));
const members = ["dispatcher", "worker"];
const standIns = ["hub", "chat", "redis"];
const readyMs = 300_000;

interface Pod {
  metadata: { name: string; deletionTimestamp?: string; labels: Record<string, string> };
  spec: { nodeName?: string };
  status: { phase: string; conditions?: { type: string; status: string }[] };
}

async function apply(resources: readonly Resource[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: resources });
  const filter = wordsOf("DMS_MANIFEST_FILTER", "");
  const input = filter.length === 0 ? list : await run(filter, { input: list });
  await run([...kubectlCommand, "apply", ...wordsOf("DMS_APPLY_FLAGS", ""), "-f", "-"], { input });
}

async function podsOf(app: string): Promise<Pod[]> {
  const text = await kubectl("get", "pods", "-l", `app.kubernetes.io/name=${app}`, "-o", "json");
  return (JSON.parse(text) as { items: Pod[] }).items;
}

function isReady({ metadata, status }: Pod): boolean {
  const isTrue = status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
  return metadata.deletionTimestamp === undefined && isTrue;
}

/** Waits until exactly `count` pods of an app are there, all of them ready. */
async function settled(app: string, count: number): Promise<void> {
  let pods: Pod[] = [];
  await until(
    async () => {
      pods = await podsOf(app);
      return pods.length === count && pods.every(isReady);
    },
    {
      timeoutMs: readyMs,
      everyMs: 500,
      describe: () => `${app}: ${pods.filter(isReady).length} of ${pods.length} ready, ${count} wanted`,
    },
  );
}

async function rolledOut(app: string): Promise<void> {
  const kind = app === "redis" ? "statefulset" : "deployment";
  await kubectl("rollout", "status", `${kind}/${app}`, "--timeout=300s");
}

async function scale(app: string, count: number): Promise<void> {
  await kubectl("scale", `deployment/${app}`, `--replicas=${count}`);
  await settled(app, count);
}

async function roll(...apps: string[]): Promise<void> {
  await kubectl("rollout", "restart", ...apps.map((app) => `deployment/${app}`));
  await Promise.all(apps.map(rolledOut));
}

async function workersOn(node: string): Promise<number> {
  return (await podsOf("worker")).filter(({ spec }) => spec.nodeName === node).length;
}

function isNamespace({ kind }: Resource): boolean {
  return kind === "Namespace";
}

/** An earlier proof's namespace may still be on its way out; one that is in use is not ours to take down. */
async function needNoNamespace(): Promise<void> {
  const get = ["get", "namespace", namespace, "--ignore-not-found", "-o", "jsonpath={.status.phase}"];
  const phase = await run([...kubectlCommand, ...get]);
  if (phase === "Active") throw new Error(`the namespace ${namespace} is in use: remove it, the proof makes its own`);
  if (phase !== "") await run([...kubectlCommand, "wait", "--for=delete", `namespace/${namespace}`, "--timeout=120s"]);
}

/** The stand-ins go to the other nodes: they play the world outside, which is not what is hurt. */
async function applyDemo(proof: Proof, victim: string): Promise<void> {
  const startedAt = Date.now();
  // The namespace before what is in it; everything else waits for what it needs.
  const resources = renderKustomization(overlay).toSorted(
    (one, other) => Number(isNamespace(other)) - Number(isNamespace(one)),
  );
  const isMember = (each: Resource): boolean =>
    podTemplateOf(each) !== undefined && members.includes(each.metadata.name);
  await kubectl("cordon", victim);
  try {
    await apply(resources.filter((each) => !isMember(each)));
    await Promise.all(standIns.map(rolledOut));
  } finally {
    await kubectl("uncordon", victim);
  }
  await apply(resources);
  await Promise.all(members.map(rolledOut));
  proof.say(`demo applied and ready in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function move(proof: Proof, node: string): Promise<void> {
  await proof.step("scale workers from 3 to 5", { isPlanned: true }, async () => {
    await scale("worker", 5);
    return `${await workersOn(node)} of 5 on ${node}`;
  });
  await proof.step("scale workers from 5 to 2", { isPlanned: true }, async () => {
    await scale("worker", 2);
    return "two ready, three gone";
  });
  await proof.step("scale workers to 4", { isPlanned: true }, async () => {
    await scale("worker", 4);
    return `${await workersOn(node)} of 4 on ${node}`;
  });
  await proof.step("roll all dispatchers and workers", { isPlanned: true }, async () => {
    await roll("dispatcher", "worker");
    await settled("worker", 4);
    await settled("dispatcher", 2);
    return "all new";
  });
  await proof.step(`drain ${node}`, { isPlanned: true }, async () => {
    const before = await workersOn(node);
    await kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s");
    await settled("worker", 4);
    return `${before} workers left it, one at a time`;
  });
  await kubectl("uncordon", node);
}

/** Lets pods go, one at a time, until half of them are on the node: the scheduler places each new one where there are fewest. */
async function spread(app: string, node: string): Promise<void> {
  const pods = await podsOf(app);
  const elsewhere = pods.filter(({ spec }) => spec.nodeName !== node);
  const count = Math.max(0, elsewhere.length - Math.ceil(pods.length / 2));
  for (const { metadata } of elsewhere.slice(0, count)) {
    await kubectl("delete", "pod", metadata.name, "--wait=true");
    await settled(app, pods.length);
  }
}

async function hurt(proof: Proof, node: string): Promise<void> {
  await proof.step("spread both kinds over the nodes", { isPlanned: true }, async () => {
    await spread("worker", node);
    await spread("dispatcher", node);
    return `${await workersOn(node)} of 4 on ${node}`;
  });
  await proof.step("kill of a worker's pod (no grace)", { isPlanned: false }, async () => {
    const [victim] = await podsOf("worker");
    await kubectl("delete", "pod", victim?.metadata.name ?? "", "--grace-period=0", "--force");
    await proof.flow(100);
    await settled("worker", 4);
    return "replaced";
  });
  const [cut = "", heal = ""] = [process.env["DMS_CUT_NODE"], process.env["DMS_HEAL_NODE"]];
  if (cut === "" || heal === "") return proof.say("cut a node off: left out, DMS_CUT_NODE and DMS_HEAL_NODE say how");
  await proof.step(`cut ${node} off`, { isPlanned: false }, async () => {
    const before = await workersOn(node);
    await run(["sh", "-c", cut], { env: { NODE: node } });
    try {
      await proof.flow(300);
    } finally {
      await run(["sh", "-c", heal], { env: { NODE: node } });
    }
    return `${before} of 4 workers were on it`;
  });
  await proof.step(`${node} is back`, { isPlanned: false }, async () => {
    await kubectl("wait", "--for=condition=Ready", `node/${node}`, "--timeout=120s");
    await settled("worker", 4);
    return "four ready";
  });
}

const nodes = (await kubectl("get", "nodes", "-o", "name")).split("\n").filter((name) => name !== "");
if (nodes.length < 2) throw new Error(`a cluster of two nodes is needed, this one has ${nodes.length}`);
const node = process.env["DMS_NODE"] ?? nodes.at(-1)?.replace(/^node\//, "") ?? "";
async function runningPods(...apps: string[]): Promise<string[]> {
  const pods = (await Promise.all(apps.map(podsOf))).flat();
  return pods.filter(({ status }) => status.phase === "Running").map(({ metadata }) => metadata.name);
}

const prefix = [...kubectlCommand, "-n", namespace];
const logs = new MemberLogs({
  list: () => runningPods(...members),
  command: (pod) => [...prefix, "logs", "-f", pod],
});
// The logs of a pod may be cleared while it runs, its counts are not.
const counts = new MemberCounts({
  list: () => runningPods("worker"),
  open: (pod) => forwardPort(prefix, `pod/${pod}`, 4100),
});
const proof = new Proof({ cluster: "dms", logs, tally: counts });
const stops: (() => void)[] = [() => logs.stop(), () => counts.stop()];
let isProved = false;
await needNoNamespace();
try {
  await applyDemo(proof, node);
  const [hub, chat, redis] = [
    await forwardPort(prefix, "service/hub", 4100),
    await forwardPort(prefix, "service/chat", 4100),
    await forwardPort(prefix, "service/redis", 6379),
  ];
  for (const way of [hub, chat, redis]) stops.push(() => way.stop());
  proof.watch({
    hubUrl: `http://127.0.0.1:${hub.port}`,
    chatUrl: `http://127.0.0.1:${chat.port}`,
    redisUrl: `redis://127.0.0.1:${redis.port}`,
  });
  logs.start();
  counts.start();
  await proof.startTraffic();
  await move(proof, node);
  await hurt(proof, node);
  await proof.judge();
  isProved = proof.conclude();
} finally {
  for (const stop of stops) stop();
  await kubectl("uncordon", node).catch(() => undefined);
  await run([...kubectlCommand, "delete", "namespace", namespace, "--timeout=120s"]).catch(() => undefined);
}
process.exit(isProved ? 0 : 1);
