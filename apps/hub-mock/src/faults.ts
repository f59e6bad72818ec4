import { z } from "zod";
import type { SeededRandom } from "./seeded-random.ts";

export const operations = ["token", "fetch", "confirm", "send", "activity", "media"] as const;
export type Operation = (typeof operations)[number];

/**
 * A fault to inject. `lose-reply`: executed, then the socket is cut without an answer. `cut-before`: cut without any
 * effect. `status`: answered with that status, without effect. `latency`: executed that much later. `times` bounds how
 * often it strikes.
 */
export const faultSchema = z
  .strictObject({
    operation: z.enum([...operations, "*"]),
    kind: z.enum(["lose-reply", "status", "latency", "cut-before"]),
    probability: z.number().min(0).max(1),
    times: z.number().int().min(0).optional(),
    status: z.number().int().min(400).max(599).optional(),
    retryAfterS: z.number().int().min(0).optional(),
    latencyMs: z.number().min(0).max(600_000).optional(),
  })
  .refine((fault) => fault.kind !== "latency" || fault.latencyMs !== undefined, "latency needs latencyMs");

export type Fault = z.infer<typeof faultSchema>;
/** A fault and how often it has struck. */
export type ActiveFault = Fault & { struck: number };

/** What befalls a request before it is executed. */
export interface Mishap {
  latencyMs: number;
  verdict: "cut" | { status: number; retryAfterS: number | undefined } | null;
}

/** The faults that are injected now, in the order in which they are tried. */
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

  /** Latencies add up; the first cut or status ends the search. */
  before(operation: Operation): Mishap {
    const mishap: Mishap = { latencyMs: 0, verdict: null };
    for (const fault of this.#active) {
      if (fault.kind === "lose-reply" || !this.#strikes(fault, operation)) continue;
      if (fault.kind === "latency") {
        mishap.latencyMs += fault.latencyMs ?? 0;
        continue;
      }
      mishap.verdict =
        fault.kind === "cut-before" ? "cut" : { status: fault.status ?? 503, retryAfterS: fault.retryAfterS };
      return mishap;
    }
    return mishap;
  }

  /** Whether the answer of an operation that was executed is to be lost. */
  losesReply(operation: Operation): boolean {
    return this.#active.some((fault) => fault.kind === "lose-reply" && this.#strikes(fault, operation));
  }

  #strikes(fault: ActiveFault, operation: Operation): boolean {
    if (fault.operation !== "*" && fault.operation !== operation) return false;
    if (fault.times !== undefined && fault.struck >= fault.times) return false;
    if (this.#random.fraction() >= fault.probability) return false;
    fault.struck += 1;
    return true;
  }
}
