import { expect, test } from "vitest";
import { type Plan, silence } from "./plan.ts";
import { planOf } from "./plan-maker.ts";
import { shrink } from "./shrink.ts";

/** A plan with enough in it to be made smaller. */
function largePlan(): Plan {
  const plans = Array.from({ length: 50 }, (_, seed) => planOf(seed));
  const plan = plans.find(({ faults, messages }) => faults.length > 4 && messages.length > 15);
  if (plan === undefined) throw new Error("no seed makes a large plan any more");
  return plan;
}

test("shrink: what remains of a failing plan is what it takes to fail", async () => {
  const plan = largePlan();
  const fault = plan.faults[2];
  const message = plan.messages[7];
  const stillFails = (candidate: Plan): Promise<boolean> =>
    Promise.resolve(candidate.faults.some((one) => one === fault) && candidate.messages.some((one) => one === message));
  const small = await shrink(plan, stillFails, 1000);
  expect(small.faults).toEqual([fault]);
  expect(small.messages).toEqual([message]);
  expect(small.noise).toEqual(silence);
  expect(small.workers).toHaveLength(1);
  expect(small.dispatchers).toHaveLength(1);
});

test("shrink: it ends when its runs are used up, with the smallest plan that failed", async () => {
  const plan = largePlan();
  let runs = 0;
  const small = await shrink(
    plan,
    () => {
      runs++;
      return Promise.resolve(true);
    },
    5,
  );
  expect(runs).toBe(5);
  expect(small.seed).toBe(plan.seed);
});
