import { expect, test } from "vitest";
import { linkFaults, openPodFaults } from "./rules/links.ts";
import { memberFaults, metricFaults } from "./rules/members.ts";
import { podSecurityFaults } from "./rules/pod-security.ts";
import { typeFaults } from "./schema/type-faults.ts";
import { applyOperations } from "./kustomize/patch.ts";
import type { Operation } from "./kustomize/kustomization.ts";
import { registeredMetrics, renderings, servedPaths } from "./manifests.ts";
import type { Rendering } from "./manifests.ts";

/** A copy that a test may change. */
function copyOf(rendering: string): Rendering {
  const found = renderings.find(({ name }) => name === rendering);
  if (found === undefined) throw new Error(`nothing is rendered as ${rendering}`);
  return structuredClone(found);
}

/** Every fault that any rule sees in a rendering of which one object was changed. */
function faultsWith(rendering: string, [kind, name]: [string, string], ...operations: Operation[]): string[] {
  const { resources, promised } = copyOf(rendering);
  const target = resources.find((each) => each.kind === kind && each.metadata.name.startsWith(name));
  if (target === undefined) throw new Error(`${rendering} has no ${kind} ${name}`);
  applyOperations(target, operations);
  return [
    ...resources.flatMap(typeFaults),
    ...linkFaults(resources, promised),
    ...resources.flatMap(podSecurityFaults),
    ...memberFaults(resources, { promised, served: servedPaths }),
    ...metricFaults(resources, registeredMetrics),
    ...openPodFaults(resources),
  ];
}

const replace = (path: string, value: unknown): Operation => ({ op: "replace", path, value });
const add = (path: string, value: unknown): Operation => ({ op: "add", path, value });
const remove = (path: string): Operation => ({ op: "remove", path });
const worker: [string, string] = ["Deployment", "worker"];
const withKeda = "production with KEDA";
const scaledObject: [string, string] = ["ScaledObject", "worker"];
const pod = "/spec/template/spec";
const container = `${pod}/containers/0`;

test.each<[string, string, [string, string], Operation[], RegExp]>([
  [
    "an unknown field",
    "demo",
    worker,
    [add(`${container}/imagePolicy`, "Always")],
    /imagePolicy: Container has no such field/,
  ],
  [
    "an unknown field of a custom resource",
    "production",
    ["PodMonitor", "dms"],
    [add("/spec/podMetricEndpoints", [])],
    /podMetricEndpoints: object has no such field/,
  ],
  [
    "an unknown field of KEDA's",
    withKeda,
    scaledObject,
    [add("/spec/minReplicas", 3)],
    /ScaledObject worker\.spec\.minReplicas: object has no such field/,
  ],
  [
    "a threshold that is no text",
    withKeda,
    scaledObject,
    [replace("/spec/triggers/0/metadata/threshold", 5000)],
    /triggers\[0\]\.metadata\.threshold: is 5000: must be text/,
  ],
  [
    "a trigger that asks nobody",
    withKeda,
    scaledObject,
    [remove("/spec/triggers/1/metadata/serverAddress")],
    /triggers\[1\]\.metadata\.serverAddress: is missing/,
  ],
  [
    "an unknown field of an alert",
    "production",
    ["PrometheusRule", "dms"],
    [add("/spec/groups/0/rules/0/four", "1m")],
    /rules\[0\]\.four: Rule has no such field/,
  ],
  ["a wrong type", "demo", worker, [replace("/spec/replicas", "3")], /\.spec\.replicas: is "3": must be number/],
  ["a word that is none", "demo", worker, [replace("/kind", "Deploiment")], /has no such kind/],
  [
    "an old API",
    "demo",
    ["PodDisruptionBudget", "worker"],
    [replace("/apiVersion", "policy/v1beta1")],
    /policy\/v1beta1 has no such kind/,
  ],
  [
    "a field that is missing",
    "demo",
    ["Service", "redis"],
    [remove("/spec/ports/0/port")],
    /ports\[0\]\.port: is missing/,
  ],
  [
    "a ConfigMap that is not there",
    "demo",
    worker,
    [replace(`${pod}/volumes/0/configMap/name`, "dms-konfig")],
    /there is no ConfigMap dms-konfig/,
  ],
  [
    "a Secret that is not there",
    "demo",
    worker,
    [replace(`${pod}/volumes/1/secret/secretName`, "dms-secret")],
    /there is no Secret dms-secret/,
  ],
  [
    "a key of a Secret that is not there",
    "production",
    worker,
    [replace(`${pod}/volumes/2/secret/items/0/key`, "ca.pem")],
    /Secret dms-tls has no key ca\.pem/,
  ],
  [
    "a volume that is not there",
    "demo",
    worker,
    [replace(`${container}/volumeMounts/0/name`, "konfig")],
    /mounts the volume konfig/,
  ],
  [
    "an account that is not there",
    "demo",
    worker,
    [replace(`${pod}/serviceAccountName`, "dsm")],
    /there is no ServiceAccount dsm/,
  ],
  [
    "a target port that is not there",
    "demo",
    ["Service", "hub"],
    [replace("/spec/ports/0/targetPort", "web")],
    /no container has the port "web"/,
  ],
  [
    "a target port number that is not there",
    "demo",
    ["Service", "redis"],
    [replace("/spec/ports/0/targetPort", 6380)],
    /no container has the port 6380/,
  ],
  [
    "a probe's port that is not there",
    "demo",
    worker,
    [replace(`${container}/livenessProbe/httpGet/port`, 4000)],
    /livenessProbe: no container has the port 4000/,
  ],
  [
    "a policy's port that is not there",
    "demo",
    ["NetworkPolicy", "members-to-redis"],
    [replace("/spec/egress/0/ports/0/port", "http")],
    /egress: no container has the port "http"/,
  ],
  [
    "a Service that chooses nobody",
    "demo",
    ["Service", "worker"],
    [replace("/spec/selector", { app: "worker" })],
    /its selector chooses no pod/,
  ],
  [
    "a budget that chooses nobody",
    "demo",
    ["PodDisruptionBudget", "worker"],
    [replace("/spec/selector/matchLabels", { app: "x" })],
    /its selector chooses no pod/,
  ],
  [
    "a policy that chooses nobody",
    "demo",
    ["NetworkPolicy", "redis"],
    [replace("/spec/podSelector/matchLabels", { app: "x" })],
    /no NetworkPolicy bounds its ingress/,
  ],
  [
    "a stand-in that anybody may reach",
    "demo",
    ["NetworkPolicy", "mocks"],
    [replace("/spec/podSelector/matchExpressions/0/values", ["hub"])],
    /Deployment chat: no NetworkPolicy bounds its ingress/,
  ],
  [
    "a stand-in that may reach anybody",
    "demo",
    ["NetworkPolicy", "mocks"],
    [replace("/spec/policyTypes", ["Ingress"])],
    /Deployment hub: no NetworkPolicy bounds its egress/,
  ],
  [
    "a peer that is nobody",
    "demo",
    ["NetworkPolicy", "members-to-redis"],
    [replace("/spec/egress/0/to/0/podSelector/matchLabels", { app: "x" })],
    /a peer chooses no pod/,
  ],
  [
    "a Deployment that does not choose its own pods",
    "demo",
    worker,
    [replace("/spec/template/metadata/labels", { app: "x" })],
    /does not choose its own pods/,
  ],
  [
    "an autoscaler of nothing",
    "production",
    ["HorizontalPodAutoscaler", "worker"],
    [replace("/spec/scaleTargetRef/name", "wroker")],
    /there is no Deployment wroker to scale/,
  ],
  [
    "a metric that nobody has",
    "production",
    ["HorizontalPodAutoscaler", "worker"],
    [replace("/spec/metrics/0/pods/metric/name", "dms_session_count")],
    /no process has the metric dms_session_count/,
  ],
  [
    "an object of KEDA's that scales nothing",
    withKeda,
    scaledObject,
    [replace("/spec/scaleTargetRef/name", "wroker")],
    /ScaledObject worker: there is no Deployment wroker to scale/,
  ],
  [
    "a query for a metric that nobody has",
    withKeda,
    scaledObject,
    [replace("/spec/triggers/1/metadata/query", "sum(dms_backlog)")],
    /ScaledObject worker: no process has the metric dms_backlog/,
  ],
  ["replicas beside an autoscaler", "production", worker, [add("/spec/replicas", 3)], /replicas stands beside/],
  ["replicas beside KEDA", withKeda, worker, [add("/spec/replicas", 3)], /replicas stands beside ScaledObject worker/],
  [
    "a monitor of a port that is not there",
    "production",
    ["PodMonitor", "dms"],
    [replace("/spec/podMetricsEndpoints/0/port", "metrics")],
    /its endpoint: no container has the port "metrics"/,
  ],
  [
    "a grace shorter than the drain",
    "demo",
    worker,
    [replace(`${pod}/terminationGracePeriodSeconds`, 30)],
    /terminationGracePeriodSeconds is 30: a drain and its stop may take 43/,
  ],
  [
    "a liveness that asks for readiness",
    "demo",
    worker,
    [replace(`${container}/livenessProbe/httpGet/path`, "/readyz")],
    /livenessProbe asks \/readyz/,
  ],
  [
    "a path that nobody serves",
    "demo",
    worker,
    [replace(`${container}/readinessProbe/httpGet/path`, "/healthz")],
    /no process serves \/healthz/,
  ],
  [
    "a budget that lets no node be drained",
    "demo",
    ["PodDisruptionBudget", "worker"],
    [replace("/spec/maxUnavailable", 0)],
    /needs one PodDisruptionBudget/,
  ],
  [
    "an instance that is no uid",
    "demo",
    worker,
    [replace(`${container}/env/0/valueFrom/fieldRef/fieldPath`, "metadata.name")],
    /settings\.instance proves deaths only as/,
  ],
  [
    "an instance in a pod of two containers",
    "demo",
    worker,
    [add(`${pod}/containers/-`, { name: "x" })],
    /settings\.instance proves deaths only as/,
  ],
  [
    "a configuration with a misspelt option",
    "demo",
    ["ConfigMap", "dms-config"],
    [replace("/data/dms.yaml", "clutser: { name: dms }\n")],
    /did you mean cluster\?/,
  ],
  [
    "a configuration on another port",
    "demo",
    ["ConfigMap", "dms-config"],
    [replace("/data/dms.yaml", "http: { port: 8080 }\n")],
    /http\.port 8080 is no port of it/,
  ],
  [
    "a probe by TLS of a plain port",
    "demo",
    worker,
    [add(`${container}/startupProbe/httpGet/scheme`, "HTTPS")],
    /startupProbe must ask by HTTP, as http.tls says/,
  ],
])("planted: %s is caught", (_what, rendering, object, operations, expected) => {
  const faults = faultsWith(rendering, object, ...operations);
  expect(faults.join("\n")).toMatch(expected);
});

test("planted: two autoscalers of one Deployment are caught", () => {
  const scaler = copyOf("production").resources.filter(({ kind }) => kind === "HorizontalPodAutoscaler");
  const faults = metricFaults([...copyOf(withKeda).resources, ...scaler], registeredMetrics);
  expect(faults).toContainEqual(expect.stringMatching(/two autoscalers would fight/));
});
