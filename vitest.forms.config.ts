import { defineConfig } from "vitest/config";

/** `npm run test:redis-forms`: whole clusters on every form of Redis, under fail-overs. One at a time: they measure. */
export default defineConfig({
  test: {
    name: "redis-forms",
    reporters: ["default", "./test/tally.ts"],
    include: ["test/redis/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
