import { z } from "zod";
import type { SeededRandom } from "./seeded-random.ts";

const faultedOperations = ["create", "send", "refresh", "typing", "file", "disconnect"] as const;

/** What a fault may name; operations that none of the names fits are `other` and struck by `*` only. */
export type FaultedOperation = (typeof faultedOperations)[number] | "other";

/**
 * A fault to inject.
 *
 * - `cut-before`: the socket is destroyed, nothing is executed; `lose-reply`: executed, then destroyed without an answer.
 * - `late`: destroyed at once, executed `lateMs` later (1000).
 * - `status`: answered with `statusCode` (1); `http-status`: with `httpStatus` (503) and Retry-After `retryAfterS`.
 *   Neither is executed, unless `isExecuted`.
 * - `reject`: statusCode 2, chatEnded false, never executed.
 * - `latency`: that much later; latencies add up, and of all other faults the first that strikes is taken.
 *
 * `match`: only requests whose text contains it. `times` bounds how often it strikes.
 */
export const faultSchema = z
  .strictObject({
    operation: z.enum([...faultedOperations, "*"]),
    kind: z.enum(["lose-reply", "late", "status", "http-status", "latency", "cut-before", "reject"]),
    probability: z.number().min(0).max(1),
    times: z.number().int().min(0).optional(),
    statusCode: z.union([z.literal(1), z.literal(2)]).optional(),
    httpStatus: z.number().int().min(400).max(599).optional(),
    retryAfterS: z.number().int().min(0).optional(),
    latencyMs: z.number().min(0).max(600_000).optional(),
    lateMs: z.number().min(0).max(600_000).optional(),
    isExecuted: z.boolean().optional(),
    match: z.string().min(1).optional(),
  })
  .refine((fault) => fault.kind !== "latency" || fault.latencyMs !== undefined, "latency needs latencyMs");

export type Fault = z.infer<typeof faultSchema>;
/** A fault and how often it has struck. */
export type ActiveFault = Fault & { struck: number };

/** What befalls one request. */
export interface Mishap {
  latencyMs: number;
  fault: Fault | null;
}

/** The faults that are injected at this server now, in the order in which they are tried. */
export class Faults {
  readonly #random: SeededRandom;
  #active: ActiveFault[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  replace(faults: readonly Fault[]): void {
    this.#active = faults.map((fault) => ({ ...fault, struck: 0 }));
  }

  list(): ActiveFault[] {
    return this.#active.map((fault) => ({ ...fault }));
  }

  /** Draws what befalls a request whose text is `text`. */
  strike(operation: FaultedOperation, text: string): Mishap {
    let latencyMs = 0;
    for (const fault of this.#active) {
      if (!this.#strikes(fault, operation, text)) continue;
      if (fault.kind !== "latency") return { latencyMs, fault };
      latencyMs += fault.latencyMs ?? 0;
    }
    return { latencyMs, fault: null };
  }

  #strikes(fault: ActiveFault, operation: FaultedOperation, text: string): boolean {
    if (fault.operation !== "*" && fault.operation !== operation) return false;
    if (fault.match !== undefined && !text.includes(fault.match)) return false;
    if (fault.times !== undefined && fault.struck >= fault.times) return false;
    if (!this.#random.strikes(fault.probability)) return false;
    fault.struck += 1;
    return true;
  }
}
