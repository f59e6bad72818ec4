import { expect, test } from "vitest";
import { samplesIn } from "./figures.ts";

test("samples are read with their labels, comments and blank lines are not", () => {
  const text = '# HELP a_total x\n# TYPE a_total counter\na_total{channel="wa",outcome="shown"} 3\nb 0.5\n\n';
  expect(samplesIn(text)).toEqual([
    { name: "a_total", labels: { channel: "wa", outcome: "shown" }, value: 3 },
    { name: "b", labels: {}, value: 0.5 },
  ]);
});
