import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf } from "./plan-maker.ts";
import { run } from "./run.ts";
import { type OpenStage, openStage } from "./stage.ts";

// A fixed budget of seeds; `npm run simulate` runs more, and `npm run simulate -- --seed S` shows one that fails here.

const firstSeeds = [1, 41, 81, 121, 161, 100_001];
const seedsPerTest = 40;

let stage: OpenStage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test.for(firstSeeds)(
  "simulator: forty seeds from %i on leave nothing lost, doubled, out of order or behind",
  async (from) => {
    const failed: string[] = [];
    for (let seed = from; seed < from + seedsPerTest; seed++) {
      const { faults } = await run(planOf(seed), stage);
      if (faults.length > 0) failed.push(`seed ${seed}: ${faults.join("; ")}`);
    }
    expect(failed).toEqual([]);
  },
);
