import type { LogLevel } from "../config/index.ts";

const ranks: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: 100,
};

/** From quiet to loud, as one signal after the other goes. */
const louder: readonly LogLevel[] = ["info", "debug", "trace"];

/** Which lines of a process are written; one gate for a logger and all its children, so that it can change under way. */
export class LevelGate {
  readonly configured: LogLevel;
  #level: LogLevel;

  constructor(configured: LogLevel) {
    this.configured = configured;
    this.#level = configured;
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = level;
  }

  allows(level: LogLevel): boolean {
    return ranks[level] >= ranks[this.#level];
  }

  /** The next louder level; after the loudest the configured one again. */
  next(): LogLevel {
    return louder.find((level) => ranks[level] < ranks[this.#level]) ?? this.configured;
  }
}
