import { conversationId } from "@dms/protocol";
import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { boundsDefault } from "./due.ts";
import { checkIsolation } from "./isolation.ts";

const bounds = { ...boundsDefault, isolationMsMax: 100 };
const conversations = new Set([conversationId("whatsapp", "hot")]);

test("others that go on in time beside a slow conversation are isolated from it, and slow ones are not", () => {
  const told = story().receives("a").opens("s").shows("s", "a");
  const hot = told.other("hot").receives("x").opens("t").waits(5000).shows("t", "x");
  const disturbance = { conversations, since: 0, until: hot.now };
  expect(checkIsolation(told.history, { disturbance, bounds })).toEqual([]);
  told.receives("b").waits(200).shows("s", "b");
  const longer = { ...disturbance, until: told.now };
  expect(checkIsolation(told.history, { disturbance: longer, bounds })).toMatchObject([{ invariant: "I13" }]);
});
