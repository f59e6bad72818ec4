import { defineConfig } from "vitest/config";

/** One project per kind of need: the suffix or folder of a test says which it belongs to. */
export default defineConfig({
  test: {
    reporters: process.env["CI"] ? ["dot", "./test/tally.ts"] : ["default", "./test/tally.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{apps,libs}/*/src/**/*.test.ts", "test/{tidy,deploy,prove}/**/*.test.ts"],
          exclude: ["**/*.redis.test.ts", "**/node_modules/**"],
          isolate: false,
          // The tidy tests parse the whole repository; on a machine that others use too that takes its time.
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "redis",
          include: ["{apps,libs}/*/src/**/*.redis.test.ts", "test/issues/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "fuzz",
          include: ["test/fuzz/**/*.test.ts"],
          // The campaign bounds itself: FUZZ_SECONDS for all of it.
          testTimeout: 60_000 + Number(process.env["FUZZ_SECONDS"] ?? 0) * 1000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/{e2e,monitoring}/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Clusters mostly wait for leases to end: two at a time fit on two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
