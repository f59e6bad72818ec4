import { succeeded } from "@dms/rules";
import { expect, test } from "vitest";
import { answerLost } from "../../apps/worker/src/testing/call-script.ts";
import { useStage } from "../../apps/worker/src/testing/stage.ts";

// The first try sent the file's place as the hub had answered it, every other one as it was stored and read back: the same
// fields in another order. A hub that compares bodies byte by byte answered 409, and the conversation's replies stood still.

const stage = useStage();

test("an agent's file whose answer is lost is sent again as the same bytes, in whatever order the hub names its fields", async () => {
  const upload = stage.hub.upload.bind(stage.hub);
  stage.hub.upload = async (file, signal) => {
    const stored = await upload(file, signal);
    return stored.ok ? succeeded({ bytes: 8, name: file.name, mime: file.mime, id: stored.value.id }) : stored;
  };
  const worker = await stage.hire("w0");
  await stage.give("c1", "m1");
  await stage.shows({ s1: ["m1"] });
  stage.hub.script.next("send", answerLost, "media");
  stage.chat.sayFile("s1", "price list");
  await stage.eventually(() => expect(worker.all("reply-sent")).toMatchObject([{ isReplayed: true }]));
  expect(worker.all("reply-conflict")).toEqual([]);
  expect(stage.hub.sent).toEqual(["file price list"]);
});
