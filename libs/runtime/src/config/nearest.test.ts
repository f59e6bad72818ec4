import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const known = ["lease-ms", "lease-margin-ms", "heartbeat-ms", "name"];

test.each([
  ["leaseMs", "lease-ms"],
  ["lease_ms", "lease-ms"],
  ["hartbeat-ms", "heartbeat-ms"],
  ["nme", "name"],
  ["colour", undefined],
])("nearest: %s is %s", (name, expected) => {
  expect(nearest(name, known)).toBe(expected);
});
