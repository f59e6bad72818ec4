import { isMapping, titleOf } from "../kustomize/resource.ts";
import type { Resource } from "../kustomize/resource.ts";
import { resolved, shapeOfKind } from "./declarations.ts";
import type { Shape } from "./declarations.ts";

/** Whatever in an object is not as the API declares it: unknown fields, wrong types and words, fields that are missing. */
export function typeFaults(resource: Resource): string[] {
  const shape = shapeOfKind(resource.apiVersion, resource.kind);
  if (shape === undefined)
    return [`${titleOf(resource)}: ${resource.apiVersion} has no such kind: mend apiVersion or kind`];
  return faultsOf(resource, shape, "").map((fault) => `${titleOf(resource)}${fault}`);
}

function faultsOf(value: unknown, declared: Shape, path: string): string[] {
  const shape = resolved(declared);
  switch (shape.kind) {
    case "anything":
      return [];
    case "word":
      return value === shape.word ? [] : [`${path}: is ${JSON.stringify(value)}: must be ${shape.word}`];
    case "list":
      if (!Array.isArray(value)) return [wrong(value, "a list", path)];
      return value.flatMap((each, index) => faultsOf(each, shape.element, `${path}[${index}]`));
    case "map":
      if (!isMapping(value)) return [wrong(value, "a map", path)];
      return Object.entries(value).flatMap(([key, each]) => faultsOf(each, shape.element, `${path}.${key}`));
    case "choice":
      return shape.shapes.some((each) => faultsOf(value, each, path).length === 0)
        ? []
        : [wrong(value, shape.shapes.map(nameOf).join(" or "), path)];
    case "object":
      return isMapping(value) ? fieldFaults(value, shape, path) : [wrong(value, `a map (${shape.name})`, path)];
    default:
      return typeof value === typeNames[shape.kind] ? [] : [wrong(value, nameOf(shape), path)];
  }
}

const typeNames = { text: "string", number: "number", boolean: "boolean" } as const;

function fieldFaults(
  value: Record<string, unknown>,
  { name, fields }: Extract<Shape, { kind: "object" }>,
  path: string,
): string[] {
  const unknown = Object.keys(value)
    .filter((key) => !fields.has(key))
    .map((key) => `${path}.${key}: ${name} has no such field: it has ${[...fields.keys()].join(", ")}`);
  const missing = [...fields]
    .filter(([key, { isOptional }]) => !isOptional && !(key in value))
    .map(([key]) => `${path}.${key}: is missing, and ${name} needs it`);
  const inner = [...fields].flatMap(([key, { shape }]) =>
    key in value ? faultsOf(value[key], shape, `${path}.${key}`) : [],
  );
  return [...unknown, ...missing, ...inner];
}

function wrong(value: unknown, wanted: string, path: string): string {
  return `${path}: is ${JSON.stringify(value)}: must be ${wanted}`;
}

function nameOf(shape: Shape): string {
  if (shape.kind === "word") return shape.word;
  return shape.kind === "object" || shape.kind === "named" ? shape.name : shape.kind;
}
