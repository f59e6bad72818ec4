import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without options there is a standard cluster", () => {
  const result = parseOptions([], undefined);
  expect(result).toMatchObject({ kind: "run", options: { workers: 3, dispatchers: 2, seconds: null, redisUrl: null } });
});

test("options replace what they name, and a URL on the command line goes before the environment's", () => {
  const argv = ["--workers", "5", "--seconds", "20", "--hurt", "--redis-url", "redis://a"];
  expect(parseOptions(argv, "redis://b")).toMatchObject({
    options: { workers: 5, seconds: 20, isHurting: true, redisUrl: "redis://a" },
  });
  expect(parseOptions([], "redis://b")).toMatchObject({ options: { redisUrl: "redis://b" } });
});

test("every fault is named at once, and an unknown option points to the help", () => {
  const result = parseOptions(["--workers", "0", "--rate", "many"], undefined);
  expect(result).toMatchObject({ kind: "fault" });
  expect(result.kind === "fault" && result.text.split("\n")).toHaveLength(2);
  expect(parseOptions(["--wrokers", "3"], undefined)).toMatchObject({ text: expect.stringContaining("--help") });
  expect(parseOptions(["--help"], undefined)).toEqual({ kind: "help" });
});
