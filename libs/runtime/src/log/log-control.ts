import type { Clock } from "@dms/rules";
import type { LogLevel } from "../config/index.ts";
import type { Logger } from "../logger.ts";
import type { LevelGate } from "./level-gate.ts";

/** How loud the log is now, and until when. */
export interface LogStatus {
  level: LogLevel;
  configured: LogLevel;
  /** What is left of a change with an end. */
  revertsInSeconds?: number;
}

/** Longest time for a change with an end. */
export const logChangeSecondsMax = 86_400;

/**
 * Changes the level of a running process, by signal or by an admin call.
 * States: as configured -> changed (until the next change) or changed for a time -> as configured.
 */
export class LogControl {
  readonly #gate: LevelGate;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #revertsAt: number | undefined;
  #cancel: () => void = () => undefined;

  constructor(gate: LevelGate, logger: Logger, clock: Clock) {
    this.#gate = gate;
    this.#logger = logger;
    this.#clock = clock;
  }

  status(): LogStatus {
    const { level, configured } = this.#gate;
    if (this.#revertsAt === undefined) return { level, configured };
    const leftMs = Math.max(0, this.#revertsAt - this.#clock.monotonic());
    return { level, configured, revertsInSeconds: Math.ceil(leftMs / 1000) };
  }

  /** Sets the level, for `seconds` when given. The line that tells of it is written by the louder of both levels. */
  change(level: LogLevel, cause: string, seconds?: number): LogStatus {
    this.stop();
    const from = this.#gate.level;
    const tell = (): void =>
      this.#logger.warn({ event: "log.level-changed", from, to: level, cause }, "log: level changed");
    if (this.#gate.allows("warn")) tell();
    this.#gate.level = level;
    if (from === "fatal" || from === "error" || from === "silent") tell();
    if (seconds !== undefined) {
      this.#revertsAt = this.#clock.monotonic() + seconds * 1000;
      this.#cancel = this.#clock.after(seconds * 1000, () => this.change(this.#gate.configured, "the time was over"));
    }
    return this.status();
  }

  /** One step louder; after `trace` as configured again. */
  step(cause: string): LogStatus {
    return this.change(this.#gate.next(), cause);
  }

  /** Lets go of a change that would end by itself. */
  stop(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#revertsAt = undefined;
  }
}
