import { expect, test } from "vitest";
import { outline, startBench } from "../testing/bench.ts";

test("pushUrl, customNotice and updateNickname each leave their event", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await bench.call(chat, "pushUrl", { pushUrl: "http://127.0.0.1/x" });
  await bench.call(chat, "customNotice", { message: "note" });
  await bench.call(chat, "updateNickname", { nickname: "Joanna" });
  await bench.call(chat, "send", { message: "hello" });
  const answer = await bench.call(chat, "refresh", { transcriptPosition: "2" });
  expect(outline(answer)).toEqual([
    "PushUrl http://127.0.0.1/x",
    "CustomNotice note",
    "NicknameUpdated Joanna",
    "Message hello",
  ]);
  expect(answer.messages?.map(({ from }) => from.nickname)).toEqual(["Jo", "Jo", "Joanna", "Joanna"]);
});

test("each of them without its parameter is HTTP 400", async () => {
  const bench = await startBench();
  const { chatId, secureKey } = await bench.open();
  for (const operation of ["pushUrl", "customNotice", "updateNickname"]) {
    expect({ operation, ...(await bench.post(`support/${chatId}/${operation}`, { secureKey })) }).toMatchObject({
      operation,
      status: 400,
    });
  }
});

test("updateData: adds to the user data, the ledger's conversation included", async () => {
  const bench = await startBench();
  const chat = await bench.open({ nickname: "Jo", "userData[a]": "1" });
  const answer = await bench.call(chat, "updateData", { "userData[_umsConversationId]": "wa:2", "userData[b]": "2" });
  expect(answer.userData).toEqual({ a: "1", b: "2", _umsConversationId: "wa:2" });
  await bench.call(chat, "send", { message: "x" });
  const { events } = await bench.ledger();
  expect(events.map(({ conversation }) => conversation)).toEqual([null, null, "wa:2"]);
});
