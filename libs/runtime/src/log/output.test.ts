import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { handClock, type HandClock } from "../testing/hand-clock.ts";
import { Output } from "./output.ts";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

/** A named pipe with both its ends; neither waits. */
function pipe() {
  const folder = mkdtempSync(join(tmpdir(), "dms-output-"));
  const name = join(folder, "pipe");
  execFileSync("mkfifo", [name]);
  let reader = openSync(name, O_RDONLY | O_NONBLOCK);
  const writer = openSync(name, O_WRONLY | O_NONBLOCK);
  cleanups.push(() => rmSync(folder, { recursive: true }));
  cleanups.push(() => (closeSync(reader), closeSync(writer)));
  const bytes = Buffer.alloc(4 * 1024 * 1024);
  return {
    writer,
    read: (): string => bytes.toString("latin1", 0, readSync(reader, bytes)),
    /** The reader goes away with what it has not read, and another comes. */
    leave: (): void => closeSync(reader),
    enter: (): void => void (reader = openSync(name, O_RDONLY | O_NONBLOCK)),
  };
}

/** Reads until nothing waits any more. */
function readAll(read: () => string, clock: HandClock): string {
  let text = read();
  while (clock.pending() > 0) {
    clock.advance(100);
    text += read();
  }
  return text;
}

const line = (n: number): string => `${n} ${"x".repeat(1000)}\n`;
const numbers = (text: string): number[] => [...text.matchAll(/^(\d+) x{1000}$/gm)].map(([, n]) => Number(n));

test("output: what a reader that stands still does not take waits for it, whole and in order", () => {
  const { writer, read } = pipe();
  const clock = handClock();
  const output = new Output(writer, clock);
  for (let n = 0; n < 500; n++) output.write(line(n));
  expect(numbers(readAll(read, clock))).toEqual(Array.from({ length: 500 }, (_, n) => n));
  expect([output.lost, clock.pending()]).toEqual([0, 0]);
});

test("output: lines beyond a mebibyte are lost, and their number is told when lines are taken again", () => {
  const { writer, read } = pipe();
  const clock = handClock();
  const told: number[] = [];
  const output = new Output(writer, clock, { onRecovered: (lost) => told.push(lost) });
  for (let n = 0; n < 2000; n++) output.write(line(n));
  const { lost } = output;
  expect(lost).toBeGreaterThan(800);
  expect(numbers(readAll(read, clock))).toEqual(Array.from({ length: 2000 - lost }, (_, n) => n));
  expect(told).toEqual([lost]);
  output.write("after\n");
  expect(read()).toBe("after\n");
});

test("output: a reader that goes away in the middle of a line costs it, and the next reader begins with a line", () => {
  const { writer, read, leave, enter } = pipe();
  const told: number[] = [];
  const output = new Output(writer, handClock(), { onRecovered: (lost) => told.push(lost) });
  output.write("before\n");
  output.write(`${"x".repeat(512 * 1024)}\n`);
  output.write("waits\n");
  expect(read()).toMatch(/^before\nx+$/);
  leave();
  output.flushSync();
  expect([output.lost, told]).toEqual([2, []]);
  enter();
  output.write("after\n");
  expect(read()).toBe("\nafter\n");
  expect(told).toEqual([2]);
});

test("output: when it is flushed it stands still for a busy reader, but not for long", () => {
  const { writer } = pipe();
  const output = new Output(writer, handClock());
  output.write(`${"x".repeat(512 * 1024)}\n`);
  const before = performance.now();
  output.flushSync();
  expect(performance.now() - before).toBeGreaterThan(400);
  expect(output.lost).toBe(0);
});
