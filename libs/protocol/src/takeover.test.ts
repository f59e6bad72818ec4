import { expect, test } from "vitest";
import { parseTakeover } from "./takeover.ts";

test("takeover: cause, former owner and the time since its lease ended", () => {
  expect(parseTakeover("expired 1250 w1.abc")).toEqual({ cause: "expired", from: "w1.abc", sinceEndMs: 1250 });
  expect(parseTakeover("drain - w1.abc")).toEqual({ cause: "drain", from: "w1.abc", sinceEndMs: null });
});

test("takeover: an entry of a version that said nothing is still a takeover", () => {
  expect(parseTakeover("")).toEqual({ cause: "unknown", from: "", sinceEndMs: null });
});
