import { systemClock } from "../clock.ts";
import { LevelGate } from "../log/level-gate.ts";
import { LogControl } from "../log/log-control.ts";
import { createLogger } from "../logger.ts";

/** What a port needs besides what a test is about. */
export function portParts() {
  const gate = new LevelGate("info");
  const logger = createLogger({ level: gate, name: "x", destination: { write: () => true } });
  return { clock: systemClock, log: new LogControl(gate, logger, systemClock), requestsPerSecond: 1000 };
}
