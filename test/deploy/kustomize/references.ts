import { isMapping } from "./resource.ts";
import type { Mapping, Resource } from "./resource.ts";

/** One place in an object that names a ConfigMap or a Secret of its namespace. */
export interface Reference {
  kind: "ConfigMap" | "Secret";
  name: string;
  /** Keys that are expected in it; empty when the whole of it is taken. */
  keys: string[];
  isOptional: boolean;
  rename: (name: string) => void;
}

/** Every ConfigMap and Secret that an object's pods need: in volumes, projected ones too, and in environments. */
export function referencesIn(resource: Resource): Reference[] {
  const found: Reference[] = [];
  visit(resource, found);
  return found;
}

const byField: Record<string, { kind: Reference["kind"]; nameField: "name" | "secretName" }> = {
  configMap: { kind: "ConfigMap", nameField: "name" },
  configMapRef: { kind: "ConfigMap", nameField: "name" },
  configMapKeyRef: { kind: "ConfigMap", nameField: "name" },
  secretRef: { kind: "Secret", nameField: "name" },
  secretKeyRef: { kind: "Secret", nameField: "name" },
};

function visit(value: unknown, found: Reference[]): void {
  if (Array.isArray(value)) return value.forEach((each) => visit(each, found));
  if (!isMapping(value)) return;
  for (const [field, inner] of Object.entries(value)) {
    const known = byField[field] ?? secretVolume(field, inner);
    if (known !== undefined && isMapping(inner) && typeof inner[known.nameField] === "string")
      found.push(referenceOf(inner, known));
    else visit(inner, found);
  }
}

/** A volume names its Secret in `secretName`, a projected one in `name`. */
function secretVolume(field: string, inner: unknown): (typeof byField)[string] | undefined {
  if (field !== "secret" || !isMapping(inner)) return undefined;
  return { kind: "Secret", nameField: "secretName" in inner ? "secretName" : "name" };
}

function referenceOf(inner: Mapping, { kind, nameField }: (typeof byField)[string] & object): Reference {
  const items = Array.isArray(inner["items"]) ? inner["items"] : [];
  const single = typeof inner["key"] === "string" ? [inner["key"]] : [];
  return {
    kind,
    name: String(inner[nameField]),
    keys: [...single, ...items.filter(isMapping).map(({ key }) => String(key))],
    isOptional: inner["optional"] === true,
    rename: (name) => {
      inner[nameField] = name;
    },
  };
}
