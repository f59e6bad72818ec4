import type { ClusterEvent } from "@dms/rules";

/** An error with a stable code; everything the project throws on purpose is one. */
export class DmsError extends Error {
  readonly code: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Facts for the log; never a secret, never a message's text. */
  readonly details: Record<string, unknown>;

  constructor(
    code: `DMS_${string}`,
    message: string,
    options: { retryable?: boolean; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DmsError";
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/**
 * Throws when a rule of SPEC.md is broken. Nothing catches it but the process chassis, which ends the process: its lease
 * ends and its conversations move on. `rule` begins with the invariant's number, as in "I4 two owners".
 */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new DmsError("DMS_INVARIANT_BROKEN", `invariant broken: ${rule}`);
}

/** The fault of a call that may succeed later; throws what was caught where it is anything else. */
export function retryable(caught: unknown): DmsError {
  if (caught instanceof DmsError && caught.retryable) return caught;
  throw caught;
}

/** What to tell of a call to Redis that may succeed later; throws as `retryable` does. */
export function redisFailed(doing: string, caught: unknown): Extract<ClusterEvent, { type: "redis-failed" }> {
  const { code, message } = retryable(caught);
  return { type: "redis-failed", doing, code, detail: message };
}

/** A caught value as one line for a log or a person. */
export function messageOf(caught: unknown): string {
  return caught instanceof Error ? caught.message : String(caught);
}
