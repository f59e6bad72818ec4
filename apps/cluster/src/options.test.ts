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

test("what cannot name a Redis is a fault of the command line, told without what may be a password", () => {
  expect(parseOptions(["--redis-url", "http://me:secret@x"], undefined)).toEqual({
    kind: "fault",
    text: "--redis-url: found http://me@x, allowed: redis://host:port, or rediss:// for TLS",
  });
  const unreadable = parseOptions([], "redis://me:sec/ret@x:y");
  expect(unreadable).toMatchObject({ kind: "fault", text: expect.stringMatching(/^DMS_REDIS_URL: found no URL/) });
  expect(JSON.stringify(unreadable)).not.toContain("ret@");
  expect(parseOptions([], "")).toMatchObject({ options: { redisUrl: null } });
});
