import { z } from "zod";
import { RequestFault } from "./request-fault.ts";

/** Form parameters as they came; of a name given twice the last value counts. */
export type Parameters = ReadonlyMap<string, string>;

const userDataPattern = /^userData\[(.+)\]$/s;

/** A transcript position: 0 none, 1 all, n from n. */
export const positionSchema = z
  .string()
  .regex(/^\d{1,15}$/, "is a whole number of 0 or more")
  .transform(Number);

/** Makes parameters of a parsed form; anything but a form has none. */
export function parametersOf(body: unknown): Parameters {
  const entries = typeof body === "object" && body !== null ? Object.entries(body) : [];
  return new Map(entries.map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]));
}

/** All `userData[key]=value` of a request. */
export function userDataOf(parameters: Parameters): Record<string, string> {
  const pairs = [...parameters].flatMap(([name, value]) => {
    const key = userDataPattern.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}

/** Reads the parameters that an operation knows; one that is missing or wrong is an HTTP 400 that names each fault. */
export function readParameters<T>(schema: z.ZodType<T>, parameters: Parameters): T {
  const parsed = schema.safeParse(Object.fromEntries(parameters));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new RequestFault(400, faults.join("; "));
}
