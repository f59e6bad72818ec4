import { referencesIn } from "../kustomize/references.ts";
import { at, containersOf, isMapping, listAt, podTemplateOf, textAt, titleOf } from "../kustomize/resource.ts";
import type { Mapping, Resource } from "../kustomize/resource.ts";

/**
 * Links between objects that lead nowhere. The API server accepts all of them: a pod then waits for its ConfigMap for ever, or
 * a Service has no endpoint. `promised` are objects that somebody else makes before (`secrets.template.yaml`).
 */
export function linkFaults(resources: readonly Resource[], promised: readonly Resource[] = []): string[] {
  const cluster = { resources, known: [...resources, ...promised] };
  return resources.flatMap((resource) =>
    [
      ...contentFaults(resource, cluster),
      ...podFaults(resource, cluster),
      ...selectorFaults(resource, cluster),
      ...portFaults(resource, cluster),
    ].map((fault) => `${titleOf(resource)}: ${fault}`),
  );
}

interface Cluster {
  resources: readonly Resource[];
  known: readonly Resource[];
}

function contentFaults(resource: Resource, { known }: Cluster): string[] {
  return referencesIn(resource).flatMap(({ kind, name, keys, isOptional }) => {
    const target = find(known, kind, name);
    if (target === undefined) return isOptional ? [] : [`there is no ${kind} ${name}`];
    const held = { ...(target["data"] as object | undefined), ...(target["stringData"] as object | undefined) };
    return keys.filter((key) => !(key in held)).map((key) => `${kind} ${name} has no key ${key}`);
  });
}

function podFaults(resource: Resource, { known, resources }: Cluster): string[] {
  const template = podTemplateOf(resource);
  if (template === undefined) return [];
  const account = textAt(template, "spec", "serviceAccountName");
  const volumes = [...listAt(template, "spec", "volumes"), ...claimsOf(resource)].map((volume) =>
    textAt(volume, "name"),
  );
  const mounts = containersOf(template).flatMap((container) => listAt(container, "volumeMounts"));
  const service = textAt(resource, "spec", "serviceName");
  return [
    ...(account === undefined || find(known, "ServiceAccount", account)
      ? []
      : [`there is no ServiceAccount ${account}`]),
    ...(service === undefined || find(resources, "Service", service) ? [] : [`there is no Service ${service}`]),
    ...mounts
      .map((mount) => textAt(mount, "name"))
      .filter((name) => !volumes.includes(name))
      .map((name) => `mounts the volume ${name}, which it does not have`),
  ];
}

function claimsOf(resource: Resource): unknown[] {
  return listAt(resource, "spec", "volumeClaimTemplates").map((claim) => at(claim, "metadata"));
}

/** Every selector must choose a pod; an owner's must choose its own. */
function selectorFaults(resource: Resource, { resources }: Cluster): string[] {
  const { kind, spec } = resource;
  const own = podTemplateOf(resource);
  const nobody = (where: string): string => `${where} chooses no pod`;
  const faults: string[] = [];
  const mustChoose = (selector: unknown, where: string): void => {
    if (isMapping(selector) && podsChosen(selector, resources).length === 0) faults.push(nobody(where));
  };
  if (own !== undefined && !chooses(at(spec, "selector"), own))
    faults.push("its selector does not choose its own pods");
  for (const spread of listAt(own, "spec", "topologySpreadConstraints"))
    if (own !== undefined && !chooses(at(spread, "labelSelector"), own))
      faults.push("a topology spread does not choose its own pods");
  if (kind === "Service" && at(spec, "selector") !== undefined)
    mustChoose({ matchLabels: at(spec, "selector") }, "its selector");
  if (kind === "PodDisruptionBudget" || kind === "PodMonitor") mustChoose(at(spec, "selector"), "its selector");
  if (kind === "NetworkPolicy") {
    mustChoose(at(spec, "podSelector"), "podSelector");
    for (const peer of peersOf(spec))
      if (at(peer, "namespaceSelector") === undefined) mustChoose(at(peer, "podSelector"), "a peer");
  }
  const target = at(spec, "scaleTargetRef");
  if (isMapping(target) && !find(resources, String(target["kind"]), String(target["name"])))
    faults.push(`there is no ${String(target["kind"])} ${String(target["name"])} to scale`);
  return faults;
}

function peersOf(spec: unknown): unknown[] {
  const rules = [...listAt(spec, "ingress"), ...listAt(spec, "egress")];
  return rules.flatMap((rule) => [...listAt(rule, "from"), ...listAt(rule, "to")]);
}

/** Ports that are asked for by name must be ports of the containers meant; a number must be declared too. */
function portFaults(resource: Resource, { resources }: Cluster): string[] {
  const { kind, spec } = resource;
  const own = podTemplateOf(resource);
  const faults: string[] = [];
  const mustHave = (port: unknown, pods: readonly Mapping[], where: string): void => {
    if (port !== undefined && !pods.some((pod) => hasPort(pod, port)))
      faults.push(`${where}: no container has the port ${JSON.stringify(port)}`);
  };
  for (const container of own === undefined ? [] : containersOf(own))
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      for (const way of ["httpGet", "tcpSocket"])
        mustHave(at(container, probe, way, "port"), [{ spec: { containers: [container] } }], probe);
  if (kind === "Service") {
    const pods = podsChosen({ matchLabels: at(spec, "selector") }, resources);
    for (const port of listAt(spec, "ports")) mustHave(at(port, "targetPort") ?? at(port, "port"), pods, "its target");
  }
  if (kind === "PodMonitor")
    for (const end of listAt(spec, "podMetricsEndpoints"))
      mustHave(at(end, "port"), podsChosen(at(spec, "selector"), resources), "its endpoint");
  if (kind === "NetworkPolicy") {
    for (const rule of listAt(spec, "ingress"))
      for (const port of listAt(rule, "ports"))
        mustHave(at(port, "port"), podsChosen(at(spec, "podSelector"), resources), "ingress");
    for (const rule of listAt(spec, "egress")) {
      const inside = listAt(rule, "to").filter(
        (to) => isMapping(at(to, "podSelector")) && at(to, "namespaceSelector") === undefined,
      );
      const pods = inside.flatMap((to) => podsChosen(at(to, "podSelector"), resources));
      if (inside.length > 0) for (const port of listAt(rule, "ports")) mustHave(at(port, "port"), pods, "egress");
    }
  }
  return faults;
}

function hasPort(template: Mapping, port: unknown): boolean {
  const ports = containersOf(template).flatMap((container) => listAt(container, "ports"));
  return ports.some((each) => at(each, typeof port === "number" ? "containerPort" : "name") === port);
}

function podsChosen(selector: unknown, resources: readonly Resource[]): Mapping[] {
  return resources
    .map(podTemplateOf)
    .filter((template) => template !== undefined)
    .filter((template) => chooses(selector, template));
}

/** An empty selector chooses every pod. */
function chooses(selector: unknown, template: Mapping): boolean {
  if (!isMapping(selector)) return false;
  const found = at(template, "metadata", "labels");
  const labels: Mapping = isMapping(found) ? found : {};
  const wanted = at(selector, "matchLabels");
  const expressions = listAt(selector, "matchExpressions");
  return (
    Object.entries(isMapping(wanted) ? wanted : {}).every(([key, value]) => labels[key] === value) &&
    expressions.every((each) => listAt(each, "values").includes(labels[textAt(each, "key") ?? ""]))
  );
}

function find(resources: readonly Resource[], kind: string, name: string): Resource | undefined {
  return resources.find((each) => each.kind === kind && each.metadata.name === name);
}

/** Pods that no NetworkPolicy of a direction chooses: everything may then reach them, or be reached by them. */
export function openPodFaults(resources: readonly Resource[]): string[] {
  const policies = resources.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => spec);
  return resources.flatMap((resource) => {
    const template = podTemplateOf(resource);
    if (template === undefined) return [];
    return ["Ingress", "Egress"]
      .filter(
        (way) =>
          !policies.some(
            (spec) => listAt(spec, "policyTypes").includes(way) && chooses(at(spec, "podSelector"), template),
          ),
      )
      .map((way) => `${titleOf(resource)}: no NetworkPolicy bounds its ${way.toLowerCase()}`);
  });
}
