import { once } from "node:events";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";

test("a wait whose end has passed is over at once, and no warning reaches the log", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): number => warnings.push(name);
  process.on("warning", onWarning);
  await systemClock.sleep(-5283.4);
  await new Promise<void>((resolve) => systemClock.after(-1, resolve));
  const marked = once(process, "warning");
  process.emitWarning("the last one", "Mark");
  await marked;
  process.off("warning", onWarning);
  expect(warnings).toEqual(["Mark"]);
});
