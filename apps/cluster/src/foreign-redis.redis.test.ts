import { startRedis } from "@dms/testkit";
import { expect, test } from "vitest";
import { requireRedis } from "./foreign-redis.ts";

test("a Redis that answers will do, one that refuses the password says so", async () => {
  const redis = await startRedis({});
  try {
    const at = `127.0.0.1:${redis.port}`;
    await requireRedis(`redis://${at}`);
    await redis.client().config("SET", "requirepass", "right");
    await expect(requireRedis(`redis://:wrong@${at}`)).rejects.toThrow(
      /^cannot use the Redis at [^\n]*: WRONGPASS [^\n]*$/,
    );
    await expect(requireRedis(`redis://${at}`)).rejects.toThrow(/^cannot use the Redis at [^\n]*: NOAUTH [^\n]*$/);
  } finally {
    await redis.close();
  }
});
