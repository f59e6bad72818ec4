import { afterAll, beforeAll, expect, test } from "vitest";
import { calmPlan, planOf } from "./plan-maker.ts";
import { run } from "./run.ts";
import { type OpenStage, openStage } from "./stage.ts";
import { scriptOf } from "./teeth/scripts.ts";

let stage: OpenStage;
let other: OpenStage;

beforeAll(async () => {
  // Two servers: the hash seed of one server must not be what makes two runs alike.
  [stage, other] = await Promise.all([openStage(), openStage()]);
});
afterAll(() => Promise.all([stage.close(), other.close()]));

test.for([3, 7, 11, 19])("simulator: seed %i makes the same history byte for byte on another server", async (seed) => {
  const first = await run(planOf(seed), stage);
  await run(planOf(seed + 1), stage);
  const second = await run(planOf(seed), other);
  expect(second.trace.text()).toBe(first.trace.text());
  expect(first.trace.length).toBeGreaterThan(500);
});

// Its rehomes look on after entries that the server has named.
test("simulator: a history of stragglers is the same byte for byte on another server", async () => {
  const plan = scriptOf("stragglers", null);
  const first = await run(plan, stage);
  const second = await run(plan, other);
  expect(second.trace.text()).toBe(first.trace.text());
  expect(first.trace.text()).toMatch(/"waiting",\d+,\d+,1,"\d+-\d+"/);
});

test("simulator: another seed makes another history", async () => {
  const first = await run({ ...planOf(3), seed: "one" }, stage);
  const second = await run({ ...planOf(3), seed: "two" }, stage);
  expect(second.digest).not.toBe(first.digest);
});

test("simulator: without faults everything works, and is at rest at once", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { faults, verdict, virtualMs, plan } = await run(calmPlan(seed), stage);
    expect(faults).toEqual([]);
    expect(verdict.compared.messages).toBe(plan.messages.length);
    expect(virtualMs - plan.trafficMs).toBeLessThan(20_000);
  }
});
