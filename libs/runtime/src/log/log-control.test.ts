import { expect, test } from "vitest";
import type { LogLevel } from "../config/index.ts";
import { createLogger } from "../logger.ts";
import { handClock } from "../testing/hand-clock.ts";
import { LevelGate } from "./level-gate.ts";
import { LogControl } from "./log-control.ts";

function controlled(configured: LogLevel) {
  const lines: string[] = [];
  const gate = new LevelGate(configured);
  const logger = createLogger({ level: gate, name: "x", destination: { write: (line: string) => lines.push(line) } });
  const clock = handClock();
  const events = () => lines.map((line) => (JSON.parse(line) as { event: string }).event);
  return {
    control: new LogControl(gate, logger, clock),
    logger,
    child: logger.child({ member: "m" }),
    clock,
    events,
    lines,
  };
}

test("log control: a change counts for the logger and for children that were made before it", () => {
  const { control, logger, child, events } = controlled("info");
  child.debug({ event: "before" }, "x");
  control.change("debug", "test");
  child.debug({ event: "after" }, "x");
  logger.trace({ event: "still quiet" }, "x");
  expect(events()).toEqual(["log.level-changed", "after"]);
  expect([child.isLevelEnabled("debug"), child.isLevelEnabled("trace")]).toEqual([true, false]);
});

test("log control: steps go louder one by one, and then back to what is configured", () => {
  const { control } = controlled("warn");
  expect([1, 2, 3, 4].map(() => control.step("SIGUSR2").level)).toEqual(["info", "debug", "trace", "warn"]);
});

test("log control: a change for a time ends by itself, unless another one came", () => {
  const { control, clock } = controlled("info");
  expect(control.change("trace", "test", 60)).toEqual({ level: "trace", configured: "info", revertsInSeconds: 60 });
  clock.advance(59_000);
  expect(control.status()).toMatchObject({ level: "trace", revertsInSeconds: 1 });
  clock.advance(1_000);
  expect(control.status()).toEqual({ level: "info", configured: "info" });
  control.change("trace", "test", 60);
  control.change("debug", "test");
  clock.advance(120_000);
  expect(control.status()).toEqual({ level: "debug", configured: "info" });
});

test("log control: the change is told once, by whichever level lets it through", () => {
  for (const [from, to, told] of [
    ["info", "debug", 1],
    ["info", "silent", 1],
    ["error", "info", 1],
    ["silent", "warn", 1],
    ["silent", "fatal", 0],
  ] as const) {
    const { control, events } = controlled(from);
    control.change(to, "test");
    expect(events(), `${from} to ${to}`).toHaveLength(told);
  }
});
