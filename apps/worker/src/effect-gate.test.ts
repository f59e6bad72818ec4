import type { Outcome } from "@dms/rules";
import { succeeded } from "@dms/rules";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Dropped } from "./dropped.ts";
import { EffectGate } from "./effect-gate.ts";

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function gated(effectsMax = 2) {
  const clock = handClock();
  const ending = new AbortController();
  const lease = {
    until: 1000,
    member: "w" as never,
    ended: ending.signal,
    mayStart: (ms: number) => clock.monotonic() + ms <= lease.until,
  };
  const gate = new EffectGate(clock, { effectMs: 100, effectsMax });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, isWanted = () => true): Promise<Outcome<string>> =>
    gate.run(lease, isWanted, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return succeeded(name);
    });
  const runSpare = (name: string) =>
    gate.runSpare(lease, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return succeeded(name);
    });
  return { clock, ending, lease, gate, begun, run, runSpare, end: (name: string) => ends.get(name)?.() };
}

test("no more effects run at once than allowed, and the next in line begins when one ends", async () => {
  const { gate, begun, run, end } = gated();
  const outcomes = ["a", "b", "c"].map((name) => run(name));
  await turns();
  expect(begun).toEqual(["a", "b"]);
  end("a");
  await turns();
  expect([begun, gate.running]).toEqual([["a", "b", "c"], 2]);
  end("b");
  end("c");
  expect(await Promise.all(outcomes)).toEqual(["a", "b", "c"].map((name) => succeeded(name)));
  expect(gate.running).toBe(0);
});

test("an effect waits while the lease does not outlive it, and begins when it was renewed (I4)", async () => {
  const { clock, lease, begun, run } = gated();
  clock.advance(901);
  void run("a");
  await turns();
  expect(begun).toEqual([]);
  lease.until = 2000;
  clock.advance(20);
  await turns();
  expect(begun).toEqual(["a"]);
});

test("an effect whose lease ended before it began never begins, and gives its place back (I4)", async () => {
  const { clock, ending, begun, gate, run } = gated(1);
  clock.advance(950);
  const effect = run("a");
  const next = run("b");
  ending.abort();
  await expect(effect).rejects.toBeInstanceOf(Dropped);
  await expect(next).rejects.toBeInstanceOf(Dropped);
  expect([begun, gate.running]).toEqual([[], 0]);
});

test("an effect that is not wanted any more when its turn comes never begins", async () => {
  const { begun, run, end } = gated(1);
  let isWanted = true;
  void run("a");
  const next = run("b", () => isWanted);
  await turns();
  isWanted = false;
  end("a");
  await expect(next).rejects.toBeInstanceOf(Dropped);
  expect(begun).toEqual(["a"]);
});

test("an effect that throws gives its place back", async () => {
  const { gate, lease } = gated(1);
  const broken = gate.run(
    lease,
    () => true,
    () => Promise.reject(new Error("broken")),
  );
  await expect(broken).rejects.toThrow("broken");
  expect(gate.running).toBe(0);
});

test("effects that nobody misses take an eighth of the places, and those that find none do not wait", async () => {
  const { begun, gate, run, runSpare, end } = gated(16);
  const spare = ["a", "b", "c"].map((name) => runSpare(name));
  expect(spare[2]).toBeNull();
  for (let i = 0; i < 14; i++) void run(`post ${i}`);
  expect([gate.running, begun.length]).toEqual([16, 16]);
  end("a");
  expect(await spare[0]).toEqual(succeeded("a"));
  void run("post 14");
  expect([runSpare("d"), gate.running]).toEqual([null, 16]);
  end("post 14");
  await turns();
  expect([runSpare("e") === null, begun.at(-1)]).toEqual([false, "e"]);
});

test("an effect that nobody misses begins only while the lease outlives it, and gives its place back when it throws (I4)", async () => {
  const { clock, gate, lease, runSpare } = gated(1);
  await expect(gate.runSpare(lease, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  clock.advance(901);
  expect(runSpare("a")).toBeNull();
  lease.until = 2000;
  expect([runSpare("a") === null, runSpare("b")]).toEqual([false, null]);
});
