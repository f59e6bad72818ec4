import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Wheel } from "./wheel.ts";

function turning() {
  const clock = handClock();
  const woken: string[] = [];
  const wheel = new Wheel<string>(clock, (sleeper) => woken.push(`${sleeper} ${clock.monotonic()}`));
  wheel.start();
  return { clock, wheel, woken };
}

test("each sleeper is woken once, not before its instant and at most a slot later", () => {
  const { clock, wheel, woken } = turning();
  wheel.set("b", 120);
  wheel.set("a", 51);
  clock.advance(1000);
  expect(woken).toEqual(["a 100", "b 150"]);
});

test("the last wish stands, and who is forgotten sleeps on", () => {
  const { clock, wheel, woken } = turning();
  wheel.set("a", 100);
  wheel.set("a", 300);
  wheel.set("b", 100);
  wheel.forget("b");
  clock.advance(1000);
  expect(woken).toEqual(["a 300"]);
});

test("an instant that has passed is the next turn", () => {
  const { clock, wheel, woken } = turning();
  clock.advance(500);
  wheel.set("a", 10);
  clock.advance(50);
  expect(woken).toEqual(["a 550"]);
});

test("after a stall everything that was due is woken at once, and nothing else", () => {
  const { clock, wheel, woken } = turning();
  wheel.set("a", 100);
  wheel.set("b", 1_000_000);
  wheel.set("c", 9_000_000);
  clock.stall(2_000_000);
  clock.advance(0);
  expect(woken).toEqual(["a 2000000", "b 2000000"]);
  clock.advance(7_000_000);
  expect(woken).toHaveLength(3);
});

test("who is woken may sleep again at once", () => {
  const clock = handClock();
  const woken: number[] = [];
  const wheel = new Wheel<string>(clock, (sleeper) => {
    woken.push(clock.monotonic());
    wheel.set(sleeper, clock.monotonic());
  });
  wheel.start();
  wheel.set("a", 0);
  clock.advance(150);
  expect(woken).toEqual([50, 100, 150]);
});

test("one timer serves any number of sleepers, and none after a stop", () => {
  const { clock, wheel, woken } = turning();
  for (let i = 0; i < 1000; i++) wheel.set(`${i}`, 100);
  expect(clock.pending()).toBe(1);
  wheel.stop();
  clock.advance(1000);
  expect(woken).toEqual([]);
  expect(clock.pending()).toBe(0);
});

test("who is put off again and again is woken once, at the last instant, or earlier when the last wish is earlier", () => {
  const { clock, wheel, woken } = turning();
  for (const at of [100, 200, 300, 400]) wheel.set("later", at);
  for (const at of [400, 100, 300, 200]) wheel.set("to and fro", at);
  clock.advance(1000);
  expect(woken).toEqual(["to and fro 200", "later 400"]);
});
