import { existsSync, readFileSync } from "node:fs";
import { formatFaults, parseConfig, stopDeadlineOf } from "@dms/runtime";
import type { Config } from "@dms/runtime";
import { at, containersOf, isMapping, listAt, podTemplateOf, textAt, titleOf } from "../kustomize/resource.ts";
import type { Mapping, Resource } from "../kustomize/resource.ts";
import { layOut } from "./mounted-files.ts";

/** Beyond what a drain and its stop may take. */
export const roomMs = 5_000;

const probePaths: Record<string, string> = {
  startupProbe: "/livez",
  readinessProbe: "/readyz",
  livenessProbe: "/livez",
};

/** Faults of the pods that run our apps: configuration, probes, stopping, scaling. `served` are the paths of the chassis. */
export function memberFaults(
  resources: readonly Resource[],
  { promised = [], served }: { promised?: readonly Resource[]; served: readonly string[] },
): string[] {
  const ours = resources.filter((each) => each.kind === "Deployment" && appOf(each) !== undefined);
  return ours.flatMap((resource) => {
    const template = podTemplateOf(resource) ?? {};
    const [container = {}] = containersOf(template);
    const found = configOf({ template, container, app: appOf(resource) ?? "" }, [...resources, ...promised]);
    return [
      ...(typeof found === "string"
        ? [`its configuration: ${found}`]
        : [...stopFaults(template, found), ...schemeFaults(container, found)]),
      ...probeFaults(container, served),
      ...(isMember(template) ? scaleFaults(resource, resources) : []),
    ].map((fault) => `${titleOf(resource)}: ${fault}`);
  });
}

/** `worker` of the image `registry/dms/worker:tag`. */
function appOf(resource: Resource): string | undefined {
  const [container = {}] = containersOf(podTemplateOf(resource) ?? {});
  return /(?:^|\/)dms\/([a-z-]+)(?::|$)/.exec(String(container["image"]))?.[1];
}

function isMember(template: Mapping): boolean {
  return textAt(template, "metadata", "labels", "dms.member") === "true";
}

/** The configuration as the container reads it, or the faults that it would print. */
function configOf(
  { template, container, app }: { template: Mapping; container: Mapping; app: string },
  known: readonly Resource[],
): Config | string {
  const args = listAt(container, "args");
  const file = String(args[args.indexOf("--config") + 1]);
  const files = layOut(template, container, known);
  try {
    const needs =
      app === "worker" ? (["channels", "chat"] as const) : app === "dispatcher" ? (["channels"] as const) : [];
    if (!existsSync(files.place(file))) return `no mount brings ${file}`;
    const text = readFileSync(files.place(file), "utf8").replaceAll("${file:/", `\${file:${files.place("/")}`);
    const loaded = parseConfig(text, { file, env: environmentOf(container, files.place), needs });
    if (!loaded.ok) return formatFaults(loaded.faults);
    if (loaded.warnings.length > 0) return loaded.warnings.join("; ");
    const ports = listAt(container, "ports").map((port) => at(port, "containerPort"));
    return ports.includes(loaded.config.http.port)
      ? loaded.config
      : `http.port ${loaded.config.http.port} is no port of it`;
  } finally {
    files.remove();
  }
}

function environmentOf(container: Mapping, place: (path: string) => string): Record<string, string> {
  const mounts = listAt(container, "volumeMounts").map((mount) => textAt(mount, "mountPath") ?? "");
  return Object.fromEntries(
    listAt(container, "env").map((each) => {
      const value =
        textAt(each, "value") ?? fromPlatform(textAt(each, "valueFrom", "fieldRef", "fieldPath") ?? "elsewhere");
      return [textAt(each, "name") ?? "", mounts.some((path) => value.startsWith(`${path}/`)) ? place(value) : value];
    }),
  );
}

/** What stands for a value that only the cluster knows. */
function fromPlatform(field: string): string {
  return `from ${field}`;
}

function stopFaults(template: Mapping, config: Config): string[] {
  if (!isMember(template)) return [];
  const graceMs = Number(at(template, "spec", "terminationGracePeriodSeconds") ?? 30) * 1000;
  const neededMs = config.cluster.drainDeadlineMs + stopDeadlineOf(config) + roomMs;
  const { instance } = config.settings;
  const isSound =
    instance === undefined || (instance === fromPlatform("metadata.uid") && containersOf(template).length === 1);
  return [
    ...(graceMs >= neededMs
      ? []
      : [`terminationGracePeriodSeconds is ${graceMs / 1000}: a drain and its stop may take ${neededMs / 1000}`]),
    ...(isSound ? [] : ["settings.instance proves deaths only as the uid of a pod with one container"]),
    ...(config.cluster.durability === "none" ? ["cluster.durability is none: choose fsync or replicas"] : []),
  ];
}

function probeFaults(container: Mapping, served: readonly string[]): string[] {
  return Object.entries(probePaths).flatMap(([probe, wanted]) => {
    const path = textAt(container, probe, "httpGet", "path");
    if (path === undefined) return [`${probe} is missing`];
    if (!served.includes(path)) return [`${probe}: no process serves ${path}: ${served.join(", ")}`];
    return path === wanted ? [] : [`${probe} asks ${path}: it must ask ${wanted}`];
  });
}

/** A port that speaks TLS answers no plain probe, and the kubelet asks plainly unless it is told. */
function schemeFaults(container: Mapping, config: Config): string[] {
  const wanted = config.http.tls === undefined ? "HTTP" : "HTTPS";
  return Object.keys(probePaths)
    .filter((probe) => (textAt(container, probe, "httpGet", "scheme") ?? "HTTP") !== wanted)
    .map((probe) => `${probe} must ask by ${wanted}, as http.tls says`);
}

/** Replica counts are the only knob: nothing may lower them by itself, and an autoscaler's number must stand. */
function scaleFaults(resource: Resource, resources: readonly Resource[]): string[] {
  const name = resource.metadata.name;
  const scaler = resources.find(
    (each) =>
      /^(HorizontalPodAutoscaler|ScaledObject)$/.test(each.kind) &&
      textAt(each, "spec", "scaleTargetRef", "name") === name,
  );
  const budget = resources.filter(
    (each) =>
      each.kind === "PodDisruptionBudget" &&
      isMapping(at(each, "spec", "selector", "matchLabels")) &&
      textAt(each, "spec", "selector", "matchLabels", "app.kubernetes.io/name") === name,
  );
  const rolling = at(resource, "spec", "strategy", "rollingUpdate");
  return [
    ...(scaler !== undefined && at(resource, "spec", "replicas") !== undefined
      ? [`replicas stands beside ${titleOf(scaler)}: remove it, or each apply undoes the autoscaler`]
      : []),
    ...(budget.length === 1 && Number(at(budget[0], "spec", "maxUnavailable")) >= 1
      ? []
      : ["needs one PodDisruptionBudget with maxUnavailable of 1 or more"]),
    ...(Number(at(rolling, "maxUnavailable")) === 0
      ? []
      : ["rollingUpdate.maxUnavailable must be 0: a new member first"]),
    ...(listAt(resource, "spec", "template", "spec", "topologySpreadConstraints").length > 0
      ? []
      : ["needs topologySpreadConstraints"]),
  ];
}

/** Names of metrics that autoscalers ask for and nobody registers. `registered` are those of the code. */
export function metricFaults(resources: readonly Resource[], registered: readonly string[]): string[] {
  return resources
    .filter(({ kind }) => /^(HorizontalPodAutoscaler|ScaledObject)$/.test(kind))
    .flatMap((resource) => {
      const asked = JSON.stringify(resource["spec"]).match(/\bdms_[a-z0-9_]+/g) ?? [];
      const scalers = resources.filter((each) => /^(HorizontalPodAutoscaler|ScaledObject)$/.test(each.kind));
      return [
        ...asked
          .filter((name) => !registered.includes(name))
          .map((name) => `${titleOf(resource)}: no process has the metric ${name}`),
        ...(asked.length === 0 ? [`${titleOf(resource)}: asks for none of our metrics`] : []),
        ...(scalers.length > 1
          ? [`${titleOf(resource)}: two autoscalers would fight: ${scalers.map(titleOf).join(", ")}`]
          : []),
      ];
    });
}
