import { expect, test } from "vitest";
import { indexes, outline, startBench, storePath } from "../testing/bench.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import type { AgentOptions } from "./agent-options.ts";

const plain: AgentOptions = {
  enabled: true,
  joinMs: { min: 1000, max: 1000 },
  replyProbability: 1,
  thinkMs: { min: 2000, max: 2000 },
  moreProbability: 0,
  fileProbability: 0,
  structuredProbability: 0,
  endProbability: 0,
  endAfterMessages: null,
};

test("an agent joins after its pause and answers after another, typing in between, each text with its marker", async () => {
  const bench = await startBench({ agents: plain });
  const chat = await bench.open({ nickname: "Jo", text: "hello" });
  bench.clock.advance(950);
  expect((await bench.call(chat, "refresh")).nextPosition).toBe(3);
  bench.clock.advance(100);
  const joined = await bench.call(chat, "refresh", { transcriptPosition: "3" });
  expect(outline(joined)).toEqual(["ParticipantJoined"]);
  expect(joined.messages?.[0]?.from).toMatchObject({ type: "Agent", participantId: 2 });
  bench.clock.advance(1000);
  expect(outline(await bench.call(chat, "refresh", { transcriptPosition: "4" }))).toEqual(["TypingStarted"]);
  bench.clock.advance(1000);
  const [stopped, text] = outline(await bench.call(chat, "refresh", { transcriptPosition: "5" }));
  expect(stopped).toBe("TypingStopped");
  expect(text).toContain(`Message @${chat.chatId}-1 `);
});

test("answers of several texts, files and structured messages keep one row of markers", async () => {
  const agents = { ...plain, moreProbability: 0.5, fileProbability: 0.5, structuredProbability: 0.5 };
  const bench = await startBench({ agents, seed: 3, flexDisconnectMs: 1_000_000 });
  const chat = await bench.open();
  for (let n = 0; n < 10; n++) await bench.call(chat, "send", { message: `m${n}` });
  bench.clock.advance(200_000);
  const { messages = [] } = await bench.call(chat, "refresh");
  const said = messages.filter(({ from, type }) => from.type === "Agent" && /^(Message|FileUploaded)$/.test(type));
  const markers = said.map(({ text, userData }) => (descriptionOf(userData) ?? text)?.split(" ")[0]);
  expect(markers.length).toBeGreaterThan(10);
  expect(markers).toEqual(markers.map((_, place) => `@${chat.chatId}-${place + 1}`));
  const structured = said.filter(({ eventAttributes }) => eventAttributes);
  expect(structured.length).toBeGreaterThan(0);
  expect(structured[0]?.eventAttributes).toMatchObject({
    "structured-content": { "genesys-chat": { contentType: "quick-replies", text: expect.any(String) } },
  });
  const file = said.find(({ type }) => type === "FileUploaded");
  const { "file-id": fileId = "" } = (file?.userData ?? {}) as Record<string, string>;
  const answer = await bench.app.inject({
    method: "POST",
    url: `/genesys/2/chat/support/${chat.chatId}/file/${fileId}/download`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: `secureKey=${chat.secureKey}`,
  });
  expect(answer.body).toContain(descriptionOf(file?.userData));
});

test("an agent ends the chat after its last message, or by chance", async () => {
  for (const agents of [
    { ...plain, endAfterMessages: 2 },
    { ...plain, endProbability: 1 },
  ]) {
    const bench = await startBench({ agents });
    const chat = await bench.open({ nickname: "Jo", text: "one" });
    await bench.call(chat, "send", { message: "two" });
    bench.clock.advance(20_000);
    const answer = await bench.call(chat, "refresh");
    expect(answer).toMatchObject({ statusCode: 0, chatEnded: true });
    expect(answer.messages?.at(-1)).toMatchObject({ type: "ParticipantLeft", from: { type: "Agent" } });
    expect((await bench.ledger()).events.at(-1)).toMatchObject({ kind: "ended", endedBy: "agent" });
  }
});

test("an agent goes on at the server that restores the session, and only there", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const options = { storeFile, clock, agents: plain };
  const first = await startBench({ ...options, serverName: "one" });
  const second = await startBench({ ...options, serverName: "two" });
  const chat = await first.open({ nickname: "Jo", text: "hello" });
  await first.app.close();
  clock.advance(10_000);
  expect((await second.ledger()).events).toHaveLength(3);
  await second.call(chat, "send", { message: "anybody?" });
  clock.advance(10_000);
  const answer = await second.call(chat, "refresh");
  expect(said(answer.messages)).toEqual([`@${chat.chatId}-1`, `@${chat.chatId}-2`]);
});

test("with two servers alive every step of an agent is done once", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const options = { storeFile, clock, agents: { ...plain, moreProbability: 0.6 } };
  const bench = await startBench({ ...options, serverName: "one" });
  const other = await startBench({ ...options, serverName: "two" });
  const chat = await bench.open();
  for (let n = 0; n < 20; n++) {
    await (n % 2 ? bench : other).call(chat, "send", { message: `m${n}` });
    clock.advance(1500);
  }
  clock.advance(40_000);
  const answer = await bench.call(chat, "refresh");
  const markers = said(answer.messages);
  expect(markers.length).toBeGreaterThanOrEqual(20);
  expect(markers).toEqual(markers.map((_, place) => `@${chat.chatId}-${place + 1}`));
  expect(indexes(answer)).toEqual(indexes(answer).map((_, place) => place + 1));
});

test("agents can be switched off at run time for every server of the store, and stand still until they are on", async () => {
  const clock = new FakeClock();
  const storeFile = storePath();
  const first = await startBench({ storeFile, clock, serverName: "one", agents: plain });
  const second = await startBench({ storeFile, clock, serverName: "two", agents: plain });
  const chat = await first.open({ nickname: "Jo", text: "hello" });
  const put = (payload: object): Promise<unknown> =>
    second.app.inject({ method: "PUT", url: "/admin/agents", payload }).then((answer) => answer.json());
  expect(await put({ enabled: false })).toEqual({ ...plain, enabled: false });
  clock.advance(30_000);
  expect((await first.call(chat, "refresh")).nextPosition).toBe(3);
  expect(await put({ enabled: true })).toEqual(plain);
  clock.advance(30_000);
  expect(said((await first.call(chat, "refresh")).messages)).toEqual([`@${chat.chatId}-1`]);
});

function descriptionOf(userData: Record<string, unknown> | undefined): string | undefined {
  return (userData as Record<string, string> | undefined)?.["file-description"];
}

function said(messages: { type: string; from: { type: string }; text?: string | undefined }[] = []): string[] {
  return messages
    .filter(({ from, type }) => from.type === "Agent" && type === "Message")
    .map(({ text = "" }) => text.split(" ")[0] ?? "");
}
