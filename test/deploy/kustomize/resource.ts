/** A Kubernetes object as YAML gives it. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; [field: string]: unknown };
  [field: string]: unknown;
}

export type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `Deployment worker`: what an object is called in faults. */
export function titleOf({ kind, metadata }: Resource): string {
  return `${kind} ${metadata.name}`;
}

/** The value at a path of field names; undefined when something on the way is missing or no map. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, field) => (isMapping(inner) ? inner[field] : undefined), value);
}

export function listAt(value: unknown, ...path: readonly string[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The pod template of whatever makes pods; undefined for everything else. */
export function podTemplateOf(resource: Resource): Mapping | undefined {
  if (!/^(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job)$/.test(resource.kind)) return undefined;
  const template = at(resource, "spec", "template");
  return isMapping(template) ? template : undefined;
}

/** Containers of a pod template, those that only initialise included. */
export function containersOf(template: Mapping): Mapping[] {
  return [...listAt(template, "spec", "initContainers"), ...listAt(template, "spec", "containers")].filter(isMapping);
}
