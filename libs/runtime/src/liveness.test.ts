import { expect, test } from "vitest";
import { createLiveness } from "./liveness.ts";
import { handClock } from "./testing/hand-clock.ts";

test("liveness: a loop that ticks is alive, one that stalls is not, and it recovers", () => {
  const clock = handClock();
  const liveness = createLiveness(clock, { tickMs: 500, lagMsMax: 2_000 });
  clock.advance(5_000);
  expect(liveness.isAlive()).toBe(true);
  clock.stall(2_001);
  expect(liveness.lagMs()).toBe(2_001);
  expect(liveness.isAlive()).toBe(false);
  clock.advance(500);
  expect(liveness.isAlive()).toBe(true);
  liveness.stop();
  expect(clock.pending()).toBe(0);
});
