import type { MemberId } from "@dms/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { type ChatBench, chatBench, created, failureOf, fine } from "./testing/chat-bench.ts";
import type { Visit } from "@dms/http-client/testing";

const open: ChatBench[] = [];

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function bench(...given: Parameters<typeof chatBench>): Promise<ChatBench> {
  const made = await chatBench(...given);
  open.push(made);
  return made;
}

const never = new AbortController().signal;
const post = { text: "Grüße & 👋\nzwei", messageType: "text", position: 0 };
const opening = { nickname: "Ana", subject: "s", userData: { _umsConversationId: "c1", "odd key=&": "ä" } };

/** Answers with `answer` and keeps the form that was posted. */
function recording(forms: URLSearchParams[], answer: (visit: Visit) => void = fine()) {
  return async (visit: Visit): Promise<void> => {
    forms.push(new URLSearchParams((await visit.body()).toString()));
    answer(visit);
  };
}

describe("chat client", () => {
  it("chat client: create presents the customer and answers a handle that any process can go on with", async () => {
    const forms: URLSearchParams[] = [];
    const { chat, servers, base, seen } = await bench([recording(forms, created)], {
      headers: { "x-api-key": "k" },
      username: "gms",
      password: "pä:ss",
    });
    expect(await chat.create(opening, never)).toEqual({
      ok: true,
      value: {
        handle: { chatId: "c/1", secureKey: "key", userId: "u", alias: "1", server: base(0) },
        ended: false,
        nextPosition: 2,
        events: [],
      },
    });
    expect(seen()).toEqual([["customer%20support"]]);
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      nickname: "Ana",
      subject: "s",
      "userData[_umsConversationId]": "c1",
      "userData[odd key=&]": "ä",
    });
    const headers = servers[0]?.visits[0]?.headers;
    expect(headers).toMatchObject({
      "x-api-key": "k",
      authorization: `Basic ${Buffer.from("gms:pä:ss").toString("base64")}`,
    });
  });

  it("chat client: calls under an authority name it in two headers, others do not", async () => {
    const { chat, servers } = await bench([created], { headers: { "x-api-key": "k" } });
    await chat.under({ member: "w1.x" as MemberId, grant: "7.a", stands: () => true }).create(opening, never);
    await chat.create(opening, never);
    const [named, unnamed] = servers[0]?.visits ?? [];
    expect(named?.headers).toMatchObject({ "x-api-key": "k", "x-dms-member": "w1.x", "x-dms-grant": "7.a" });
    expect(unnamed?.headers).not.toHaveProperty("x-dms-grant");
  });

  it("chat client: a call leaves only while its authority stands, however it came so far", async () => {
    const { chat, handle, servers } = await bench([created]);
    const authority = { member: "w1.x" as MemberId, grant: "7.a", stands: () => false };
    const outcome = await chat.under(authority).send(handle(), post, never);
    expect(failureOf(outcome)).toMatchObject({ verdict: "retry", executed: "no", code: "timeout" });
    expect(servers[0]?.visits).toEqual([]);
  });

  it("chat client: a creation that succeeds without chat id or secure key is of no use", async () => {
    const { chat } = await bench([fine({ chatId: "c" })]);
    expect(failureOf(await chat.create(opening, never))).toMatchObject({ code: "malformed", executed: "unknown" });
  });

  it("chat client: calls carry the secure key always, user id and alias only when known", async () => {
    const forms: URLSearchParams[] = [];
    const { chat, handle, seen } = await bench([recording(forms)]);
    await chat.send(handle(), post, never);
    await chat.refresh(handle({ userId: "u", alias: "9" }), 4, never);
    await chat.typing(handle(), true, never);
    await chat.typing(handle(), false, never);
    await chat.disconnect(handle(), never);
    const session = "customer%20support/c%2F1";
    const operations = ["send", "refresh", "startTyping", "stopTyping", "disconnect"];
    expect(seen()[0]).toEqual(operations.map((operation) => `${session}/${operation}`));
    expect(forms.map((form) => Object.fromEntries(form))).toEqual([
      { secureKey: "key", message: post.text, messageType: "text", transcriptPosition: "0" },
      { secureKey: "key", userId: "u", alias: "9", transcriptPosition: "4" },
      { secureKey: "key" },
      { secureKey: "key" },
      { secureKey: "key" },
    ]);
  });

  it("chat client: alias, user id and server of the handle follow each good answer, and only a good one", async () => {
    const answers = [fine({ alias: "2", userId: "u2" }), fine(), fine({ statusCode: 1, alias: "7" })];
    const { chat, handle, base } = await bench([(visit) => answers.shift()?.(visit)]);
    const first = await chat.send(handle({ alias: "1", server: "http://elsewhere/genesys/" }), post, never);
    expect(first.ok && first.value.handle).toMatchObject({ alias: "2", userId: "u2", server: base(0) });
    const second = await chat.send(handle({ alias: "2", userId: "u2" }), post, never);
    expect(second.ok && second.value.handle).toMatchObject({ alias: "2", userId: "u2" });
    const third = await chat.send(handle(), post, never);
    expect(failureOf(third)).toMatchObject({ verdict: "retry", executed: "unknown", code: "status-1" });
  });

  it("chat client: events are given when a position was asked for, and not when none was", async () => {
    const messages = [{ from: { type: "Agent", nickname: "A" }, index: 3, type: "Message", text: "hi" }];
    const { chat, handle } = await bench([fine({ messages, nextPosition: 4, chatEnded: true })]);
    const asked = await chat.refresh(handle(), 3, never);
    expect(asked).toMatchObject({ ok: true, value: { events: messages, nextPosition: 4, ended: true } });
    for (const outcome of [await chat.send(handle(), post, never), await chat.typing(handle(), true, never)]) {
      expect(outcome).toMatchObject({ ok: true, value: { events: [], nextPosition: 0, ended: true } });
    }
    const sent = await chat.send(handle(), { ...post, position: 3 }, never);
    expect(sent).toMatchObject({ ok: true, value: { events: messages } });
  });

  it("chat client: statusCode 2 ends the session when the chat ended or even a look is refused, and else rejects the post", async () => {
    const { chat, handle } = await bench([fine({ statusCode: 2, chatEnded: false })]);
    const ended = await bench([fine({ statusCode: 2, chatEnded: true })]);
    const reject = { verdict: "reject", executed: "unknown", code: "status-2" };
    expect(failureOf(await chat.send(handle(), post, never))).toMatchObject(reject);
    expect(failureOf(await chat.create(opening, never))).toMatchObject(reject);
    expect(failureOf(await ended.chat.create(opening, never))).toMatchObject(reject);
    expect(failureOf(await chat.refresh(handle(), 1, never))).toMatchObject({ verdict: "ended", code: "status-2" });
    expect(failureOf(await ended.chat.send(handle(), post, never))).toMatchObject({ verdict: "ended" });
  });

  it("chat client: HTTP errors are classified, with the codes of the errors array and no texts", async () => {
    const errors = { errors: [{ code: 240, advice: "customer said secret" }, "x y secret"] };
    const { chat, handle } = await bench([({ json }) => json(400, errors)]);
    const failure = failureOf(await chat.send(handle(), post, never));
    expect(failure).toMatchObject({ verdict: "reject", executed: "no", code: "http-400" });
    expect(failure?.detail).toContain("errors 240, ?");
    expect(failure?.detail).not.toContain("secret");
  });

  it.each([
    ["no JSON", ({ response }: Visit) => response.end("<html>")],
    ["another shape", ({ json }: Visit) => json(200, { statusCode: "0" })],
    ["an empty body", ({ response }: Visit) => response.end()],
  ])("chat client: an answer with %s leaves the outcome unknown", async (_, answer) => {
    const { chat, handle } = await bench([answer]);
    const expected = { verdict: "retry", executed: "unknown", code: "malformed" };
    expect(failureOf(await chat.send(handle(), post, never))).toMatchObject(expected);
  });

  it("chat client: a long transcript arrives whole, and one over the limit is given up", async () => {
    const event = { from: { type: "Client" }, type: "Message", text: "é".repeat(1000) };
    const messages = Array.from({ length: 2000 }, (_, index) => ({ ...event, index: index + 1 }));
    const { chat, handle } = await bench([fine({ messages })]);
    const outcome = await chat.refresh(handle(), 1, never);
    expect(outcome.ok && outcome.value.events).toHaveLength(2000);
    const small = await bench([fine({ messages })], { answerBytesMax: 10_000 });
    expect(failureOf(await small.chat.refresh(small.handle(), 1, never))?.code).toBe("oversize");
  });

  it("chat client: a file is uploaded as a form whose parts can be read back", async () => {
    let form: FormData | undefined;
    const { chat, handle } = await bench([
      async (visit) => {
        const headers = { "content-type": visit.headers["content-type"] ?? "" };
        form = await new Response(new Uint8Array(await visit.body()), { headers }).formData();
        fine({ alias: "3" })(visit);
      },
    ]);
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const file = { name: 'a "b"\r\n.png', mime: "image/png", bytes };
    const outcome = await chat.upload(handle({ alias: "2" }), file, never);
    expect(outcome.ok && outcome.value.handle.alias).toBe("3");
    expect([form?.get("secureKey"), form?.get("alias"), form?.has("userId")]).toEqual(["key", "2", false]);
    const sent = form?.get("file") as File;
    expect([sent.type, sent.name]).toEqual(["image/png", 'a "b"\r\n.png']);
    expect(new Uint8Array(await sent.arrayBuffer())).toEqual(bytes);
  });

  it("chat client: a downloaded file keeps its name, type and bytes, even when it is JSON", async () => {
    const headers = {
      "content-type": "application/json",
      "content-disposition": "attachment; filename*=UTF-8''%C3%A4.json",
    };
    const { chat, handle, seen } = await bench([
      ({ response }) => response.writeHead(200, headers).end('{"statusCode":2}'),
    ]);
    const outcome = await chat.download(handle(), { id: "f/1" }, never);
    const bytes = Buffer.from('{"statusCode":2}');
    expect(outcome).toEqual({ ok: true, value: { name: "ä.json", mime: "application/json", bytes } });
    expect(seen()).toEqual([["customer%20support/c%2F1/file/f%2F1/download"]]);
  });

  it("chat client: a file that is gone is rejected and does not end the session", async () => {
    const { chat, handle } = await bench([({ json }) => json(404, {})]);
    expect(failureOf(await chat.download(handle(), { id: "f" }, never))).toMatchObject({
      verdict: "reject",
      code: "http-404",
    });
    const soft = await bench([fine({ statusCode: 2, chatEnded: false })]);
    expect(failureOf(await soft.chat.download(handle(), { id: "f" }, never))).toMatchObject({
      verdict: "reject",
      code: "status-2",
    });
  });

  it("chat client: without a configured server calls fail and say so", async () => {
    const { chat, handle } = await bench([]);
    expect(failureOf(await chat.create(opening, never))?.detail).toContain("no chat server is configured");
    expect(failureOf(await chat.send(handle(), post, never))).toMatchObject({ verdict: "retry", executed: "no" });
  });

  it("chat client: every call is reported once with its outcome", async () => {
    const { chat, handle, calls } = await bench([({ json }) => json(500, {})]);
    await chat.refresh(handle(), 1, never);
    expect(calls).toEqual([{ target: "chat", operation: "refresh", outcome: "http-500", durationMs: 0 }]);
  });
});
