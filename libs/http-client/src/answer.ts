import { type Mishap, retryAfterMs } from "@dms/rules";
import type { Answer } from "./exchange.ts";
import { isTooDeep, jsonDepthMax } from "./json-depth.ts";
import { withoutNulls } from "./null-fields.ts";

/** What a schema of the protocol offers; the clients need no more of it. */
export interface Shape<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
}

const issuesMax = 3;

/**
 * A value of the given shape, or its first faults by path. The messages name no value, so they are fit for a log. Many servers
 * write what is absent as null: a null counts as that where the shape lets the field be absent.
 */
export function checkShape<T>(shape: Shape<T>, value: unknown): { value: T } | { fault: string } {
  const parsed = shape.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const paths = parsed.error.issues.map(({ path }) => path);
  const without = withoutNulls(value, paths);
  const again = without === undefined ? parsed : shape.safeParse(without);
  if (again.success) return { value: again.data };
  const issues = parsed.error.issues.slice(0, issuesMax);
  return { fault: issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ") };
}

/** The answer's body as JSON of the given shape. `isDeep` leaves it to the caller to look at the depth of its parts. */
export function parseBody<T>(shape: Shape<T>, bytes: Buffer, isDeep = false): { value: T } | { fault: string } {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (!isDeep && isTooDeep(value)) return { fault: `deeper than ${jsonDepthMax} levels` };
    return checkShape(shape, value);
  } catch (error) {
    // JSON.parse quotes the text that it could not read, which may be a customer's: only the kind of fault is passed on.
    return { fault: error instanceof SyntaxError ? "not JSON" : "unreadable" };
  }
}

/**
 * Reads an answer; whatever the reading throws is a fault in the answer's form. An answer that nobody thought of must
 * cost its own call, not the process.
 */
export function readSafely<T>(read: () => { value: T } | { fault: string }): { value: T } | { fault: string } {
  try {
    return read();
  } catch (error) {
    return { fault: `unreadable (${error instanceof Error ? error.name : typeof error})` };
  }
}

/** A status that is no success, as a mishap with the reason that the other side gave and the least time to wait. */
export function refusal(answer: Answer, wallMs: number, reason: string | undefined): Mishap {
  const waitMs = retryAfterMs(answer.headers["retry-after"], wallMs);
  return {
    kind: "status",
    status: answer.status,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(reason === undefined ? {} : { reason }),
  };
}
