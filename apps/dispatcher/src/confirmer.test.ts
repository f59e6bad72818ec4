import type { ClusterEvent } from "@dms/rules";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { Confirmer } from "./confirmer.ts";
import { ScriptedLog } from "./testing/scripted-log.ts";

const turns = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

function confirming() {
  const clock = handClock();
  const log = new ScriptedLog();
  log.isPrompt = false;
  const events: ClusterEvent[] = [];
  const confirmer = new Confirmer({
    channel: "w",
    hub: log.hub,
    retry: { baseMs: 10, maxMs: 1000 },
    clock,
    random: { token: () => "", fraction: () => 0 },
    emit: (event) => events.push(event),
  });
  return { clock, log, events, confirmer };
}

test("only the newest position counts while a confirmation is under way", async () => {
  const { log, confirmer } = confirming();
  for (const upTo of [3, 5, 4]) confirmer.confirm(upTo);
  (await log.arrived("confirm")).answer();
  (await log.arrived("confirm")).answer();
  await turns();
  expect(log.history).toEqual(["confirm 3", "confirm 5"]);
  expect(log.confirmed).toBe(5);
});

test("a position that is confirmed already is not confirmed again, and does not stop the next one", async () => {
  const { log, confirmer } = confirming();
  log.isPrompt = true;
  confirmer.confirm(3);
  await turns();
  confirmer.confirm(3);
  confirmer.confirm(2);
  await turns();
  confirmer.confirm(4);
  await turns();
  expect(log.history).toEqual(["confirm 3", "confirm 4"]);
});

test("a position that comes at the very moment in which the one before is done is confirmed too", async () => {
  for (let delay = 0; delay < 12; delay++) {
    const { log, confirmer } = confirming();
    log.isPrompt = true;
    confirmer.confirm(1);
    for (let i = 0; i < delay; i++) await Promise.resolve();
    confirmer.confirm(2);
    await turns();
    expect([delay, log.confirmed]).toEqual([delay, 2]);
  }
});

test("a confirmation that fails is tried again after a pause, with the newest position", async () => {
  const { clock, log, events, confirmer } = confirming();
  confirmer.confirm(3);
  (await log.arrived("confirm")).fail();
  await turns();
  confirmer.confirm(6);
  clock.advance(10);
  (await log.arrived("confirm")).answer();
  await turns();
  expect(log.confirmed).toBe(6);
  expect(events.map(({ type }) => type)).toEqual(["fetch-failed", "batch-confirmed"]);
});

test("a position that the hub refuses for good is not tried for ever", async () => {
  const { clock, log, confirmer } = confirming();
  confirmer.confirm(9);
  (await log.arrived("confirm")).fail("reject");
  await turns();
  clock.advance(10_000);
  await turns();
  expect(log.history).toEqual(["confirm 9"]);
});

test("a position whose messages Redis has lost is given up, in its pause as under way", async () => {
  const { clock, log, confirmer } = confirming();
  confirmer.confirm(2);
  (await log.arrived("confirm")).fail();
  await turns();
  await confirmer.forget();
  confirmer.confirm(4);
  const underWay = await log.arrived("confirm");
  let isForgotten = false;
  const forgotten = confirmer.forget().then(() => (isForgotten = true));
  await turns();
  expect(isForgotten).toBe(false);
  underWay.fail();
  await forgotten;
  clock.advance(10_000);
  await turns();
  expect(log.history).toEqual(["confirm 2", "confirm 4"]);
  confirmer.confirm(1);
  (await log.arrived("confirm")).answer();
  await turns();
  expect(log.confirmed).toBe(1);
});

test("a stopping process tries its last confirmation a few more times, then lets it be", async () => {
  const { clock, log, confirmer } = confirming();
  confirmer.confirm(3);
  let isRested = false;
  const rested = confirmer.rest().then(() => (isRested = true));
  for (let i = 0; i < 3; i++) {
    expect(isRested).toBe(false);
    (await log.arrived("confirm")).fail();
    await turns();
    clock.advance(10);
  }
  await rested;
  expect(log.history).toHaveLength(3);
});
