import type { Operation } from "./kustomization.ts";
import { isMapping } from "./resource.ts";

/** Applies JSON patch operations (RFC 6902) in place. Throws when a path leads nowhere, as Kustomize does. */
export function applyOperations(document: object, operations: readonly Operation[]): void {
  for (const operation of operations) apply(document, operation);
}

function apply(document: object, operation: Operation): void {
  const path = operation.path.split("/").slice(1).map(unescaped);
  const last = path.pop() ?? "";
  const parent = path.reduce<unknown>((inner, field) => child(inner, field, operation.path), document);
  if (Array.isArray(parent)) return applyToList(parent, last, operation);
  if (!isMapping(parent)) throw new Error(`${operation.op} ${operation.path}: there is nothing to patch`);
  if (operation.op !== "add" && !(last in parent))
    throw new Error(`${operation.op} ${operation.path}: there is no such field`);
  if (operation.op === "remove") delete parent[last];
  else parent[last] = operation.value;
}

function applyToList(list: unknown[], last: string, operation: Operation): void {
  const index = last === "-" ? list.length : Number(last);
  const limit = operation.op === "add" ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > limit)
    throw new Error(`${operation.op} ${operation.path}: the list has no such place`);
  if (operation.op === "remove") list.splice(index, 1);
  else list.splice(index, operation.op === "add" ? 0 : 1, operation.value);
}

function child(value: unknown, field: string, path: string): unknown {
  const inner = Array.isArray(value) ? (value[Number(field)] as unknown) : isMapping(value) ? value[field] : undefined;
  if (inner === undefined) throw new Error(`${path}: ${field} is not there`);
  return inner;
}

function unescaped(field: string): string {
  return field.replaceAll("~1", "/").replaceAll("~0", "~");
}
