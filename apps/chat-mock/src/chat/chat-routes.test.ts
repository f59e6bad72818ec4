import { request } from "node:http";
import { expect, test } from "vitest";
import type { Fault } from "../faults.ts";
import { type Bench, type Chat, outline, startBench } from "../testing/bench.ts";

async function inject(bench: Bench, ...faults: Fault[]): Promise<void> {
  const answer = await bench.app.inject({ method: "PUT", url: "/admin/faults", payload: { faults } });
  expect(answer).toMatchObject({ statusCode: 200 });
}

/** Sends over a real socket; answers "cut" when it breaks before an answer. */
async function sendOverSocket(bench: Bench, chat: Chat, message: string): Promise<number | "cut"> {
  if (!bench.app.server.listening) await bench.app.listen({ host: "127.0.0.1", port: 0 });
  const address = bench.app.server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return new Promise((resolve) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const path = `/genesys/2/chat/support/${chat.chatId}/send`;
    const call = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    call.on("error", () => resolve("cut"));
    call.end(new URLSearchParams({ secureKey: chat.secureKey, message }).toString());
  });
}

test("lose-reply: the message is shown and the connection breaks", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(bench, { operation: "send", kind: "lose-reply", probability: 1, times: 1 });
  expect(await sendOverSocket(bench, chat, "lost")).toBe("cut");
  expect(await sendOverSocket(bench, chat, "next")).toBe(200);
  const answer = await bench.call(chat, "refresh", { transcriptPosition: "2" });
  expect(outline(answer)).toEqual(["Message lost", "Message next"]);
});

test("cut-before: the connection breaks and nothing is shown", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(bench, { operation: "*", kind: "cut-before", probability: 1, times: 1 });
  expect(await sendOverSocket(bench, chat, "never")).toBe("cut");
  expect((await bench.call(chat, "refresh")).nextPosition).toBe(2);
});

test("late: the connection breaks at once and the message is shown later, in the ledger too", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(bench, { operation: "send", kind: "late", probability: 1, times: 1, lateMs: 5000 });
  expect(await sendOverSocket(bench, chat, "late")).toBe("cut");
  bench.clock.advance(4999);
  await bench.call(chat, "send", { message: "sooner" });
  bench.clock.advance(1);
  const answer = await bench.call(chat, "refresh", { transcriptPosition: "2" });
  expect(outline(answer)).toEqual(["Message sooner", "Message late"]);
  const { events } = await bench.ledger();
  expect(events.at(-1)).toMatchObject({ at: bench.clock.wall(), event: { text: "late" } });
});

test("late: what is due after the server has closed is not executed", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(bench, { operation: "send", kind: "late", probability: 1, lateMs: 5000 });
  expect(await sendOverSocket(bench, chat, "late")).toBe("cut");
  await bench.app.close();
  expect(bench.clock.pending).toBe(0);
});

test("reject with match: only the poison message is refused, with the session alive", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(bench, { operation: "send", kind: "reject", probability: 1, match: "poison" });
  expect(await bench.call(chat, "send", { message: "a poison pill" })).toMatchObject({
    statusCode: 2,
    chatEnded: false,
  });
  expect(await bench.call(chat, "send", { message: "harmless" })).toMatchObject({ statusCode: 0, nextPosition: 3 });
});

test("status and http-status: answered as told, executed only when told so", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(
    bench,
    { operation: "send", kind: "status", probability: 1, times: 1, statusCode: 1 },
    { operation: "send", kind: "status", probability: 1, times: 1, statusCode: 1, isExecuted: true },
    { operation: "send", kind: "http-status", probability: 1, times: 1, httpStatus: 503, retryAfterS: 7 },
  );
  expect(await bench.call(chat, "send", { message: "one" })).toMatchObject({ statusCode: 1 });
  expect((await bench.call(chat, "refresh")).nextPosition).toBe(2);
  expect(await bench.call(chat, "send", { message: "two" })).toMatchObject({ statusCode: 1 });
  expect((await bench.call(chat, "refresh")).nextPosition).toBe(3);
  const answer = await bench.app.inject({
    method: "POST",
    url: `/genesys/2/chat/support/${chat.chatId}/send`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: `secureKey=${chat.secureKey}&message=three`,
  });
  expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "7" } });
  expect((await bench.call(chat, "refresh")).nextPosition).toBe(3);
});

test("latency: the answer comes that much later, and other faults still strike", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  await inject(
    bench,
    { operation: "send", kind: "latency", probability: 1, latencyMs: 300 },
    { operation: "send", kind: "status", probability: 1 },
  );
  let isAnswered = false;
  const timersBefore = bench.clock.pending;
  const sending = bench.call(chat, "send", { message: "x" }).finally(() => (isAnswered = true));
  await expect.poll(() => bench.clock.pending).toBe(timersBefore + 1);
  bench.clock.advance(299);
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  bench.clock.advance(1);
  expect(await sending).toMatchObject({ statusCode: 1 });
});

test("faults of one seed strike the same requests again", async () => {
  const runs: string[] = [];
  for (let run = 0; run < 2; run++) {
    const bench = await startBench({ seed: 7 });
    const chat = await bench.open();
    await inject(bench, { operation: "typing", kind: "status", probability: 0.5 });
    const codes = [];
    for (let n = 0; n < 40; n++) codes.push((await bench.call(chat, "startTyping")).statusCode);
    runs.push(codes.join(""));
  }
  expect(runs[0]).toBe(runs[1]);
  expect(runs[0]).toMatch(/01/);
});

test("an unknown operation, another method and a body that is no form are HTTP errors with an errors array", async () => {
  const bench = await startBench();
  const { chatId, secureKey } = await bench.open();
  const url = `/genesys/2/chat/support/${chatId}`;
  const answers = [
    await bench.app.inject({ method: "POST", url: `${url}/dance`, payload: { secureKey } }),
    await bench.app.inject({ method: "GET", url: `${url}/refresh` }),
    await bench.app.inject({ method: "POST", url: `${url}/refresh`, payload: { secureKey } }),
    await bench.app.inject({ method: "POST", url: `${url}/refresh` }),
    await bench.app.inject({
      method: "POST",
      url: `${url}/send`,
      headers: { "content-type": "multipart/form-data; boundary=b" },
      payload: "--b--\r\n",
    }),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 415, 400, 415]);
  for (const answer of answers)
    expect(answer.json().errors).toEqual([{ code: answer.statusCode, advice: expect.any(String) }]);
});
