import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { interpolate } from "./interpolate.ts";

const env = { HOST: "redis", EMPTY: "", NESTED: "${HOST}" };
const text = (template: string): unknown => {
  const result = interpolate(template, env, "/");
  return result.ok ? result.text : result;
};

test.each([
  ["redis://${HOST}:6379", "redis://redis:6379"],
  ["${HOST}${HOST}", "redisredis"],
  ["${UNSET:-other}", "other"],
  ["${EMPTY:-other}", "other"],
  ["${UNSET:-}", ""],
  ["${EMPTY}", ""],
  ["$${HOST}", "${HOST}"],
  ["costs 5$", "costs 5$"],
  ["$HOST", "$HOST"],
  ["${NESTED}", "${HOST}"],
  ["${UNSET:-a:-b}", "a:-b"],
])("interpolate: %s becomes %s", (template, expected) => {
  expect(text(template)).toBe(expected);
});

test("interpolate: a variable that is not set is a fault that names it and the way out", () => {
  expect(text("x${UNSET}")).toEqual({
    ok: false,
    found: "${UNSET}, which is not set",
    allowed: "set UNSET, or write a default: ${UNSET:-value}",
  });
});

test.each(["${", "${HOST", "${ HOST}", "${}", "${HOST-hunter2}"])(
  "interpolate: %s is a fault and shows no value",
  (template) => {
    const result = text(template) as { ok: boolean; found: string };
    expect(result.ok).toBe(false);
    expect(result.found).not.toContain("hunter2");
  },
);

test("interpolate: a file's text comes in trimmed, from a relative path too, and a missing file is a fault", () => {
  const directory = mkdtempSync(join(tmpdir(), "config-"));
  writeFileSync(join(directory, "secret"), "  hunter2\n");
  expect(interpolate("${file:secret}", {}, directory)).toEqual({ ok: true, text: "hunter2", isChanged: true });
  expect(interpolate(`\${file:${directory}/secret}`, {}, "/")).toMatchObject({ ok: true, text: "hunter2" });
  expect(interpolate("${file:none}", {}, directory)).toEqual({
    ok: false,
    found: "${file:none}, which cannot be read (ENOENT)",
    allowed: "a readable file",
  });
});
