import { expect, test } from "vitest";
import { redisWords } from "./redis-words.ts";

test("redis words: what Redis repeats of a command that it does not know is left out", () => {
  const message = "ERR unknown command 'AUTH', with args beginning with: 'dms' 'hunter2' ";
  expect(redisWords(message)).toBe("ERR unknown command 'AUTH'");
});

test("redis words: what Redis itself says stays as it is", () => {
  expect(redisWords("READONLY You can't write against a read only replica.")).toBe(
    "READONLY You can't write against a read only replica.",
  );
});
