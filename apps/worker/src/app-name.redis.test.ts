import { expect, test } from "vitest";
import { unavailable } from "./testing/call-script.ts";
import { useStage } from "./testing/stage.ts";

// GCTI_DMS_AppName: a desktop's request goes to the application that the interaction's user data names.

const stage = useStage();

test("a session's user data names the application that created it, and no call is spent on it while its owner stays", async () => {
  await stage.hire("w0", { appName: "DMS_0" });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(2));
  expect(stage.chat.room("s1").opening.userData).toMatchObject({ GCTI_DMS_AppName: "DMS_0" });
  expect(await stage.record("c1")).toMatchObject({ app: "DMS_0" });
  expect(stage.chat.script.count("update")).toBe(0);
});

test("a new owner of another name changes it, once, when the chat server takes it", async () => {
  const w0 = await stage.hire("w0", { appName: "DMS_0" });
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  stage.chat.script.next("update", unavailable);
  await stage.hire("w1", { appName: "DMS_1" });
  await stage.failOver(w0);
  await stage.eventually(async () => expect(await stage.record("c1")).toMatchObject({ app: "DMS_1" }));
  expect(stage.chat.userData.get("s1")).toEqual({ GCTI_DMS_AppName: "DMS_1" });
  expect(stage.chat.script.count("update")).toBe(2);
  const looks = stage.chat.script.count("refresh");
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(looks + 1));
  expect(stage.chat.script.count("update")).toBe(2);
});

test("a new owner of the same name changes nothing", async () => {
  const w0 = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  await stage.rest();
  const w1 = await stage.hire("w1");
  await stage.failOver(w0);
  await w1.saw("conversation-reconciled");
  const looks = stage.chat.script.count("refresh");
  await stage.eventually(() => expect(stage.chat.script.count("refresh")).toBeGreaterThan(looks + 1));
  expect(stage.chat.script.count("update")).toBe(0);
});
