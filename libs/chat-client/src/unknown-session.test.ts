import { afterEach, describe, expect, it } from "vitest";
import { type ChatBench, chatBench, failureOf, fine } from "./testing/chat-bench.ts";
import { refusingUrl, type Visit } from "@dms/http-client/testing";

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
const post = { text: "hi", messageType: "text", position: 0 };
const counts = ({ servers }: ChatBench): number[] => servers.map(({ visits }) => visits.length);
const status =
  (code: number) =>
  ({ json }: Visit): void =>
    json(code, {});

const unknownByStatus = fine({ statusCode: 2, chatEnded: true });
const inSession = Object.entries({
  refresh: (made: ChatBench) => made.chat.refresh(made.handle(), 1, never),
  typing: (made: ChatBench) => made.chat.typing(made.handle(), true, never),
  disconnect: (made: ChatBench) => made.chat.disconnect(made.handle(), never),
});

describe("unknown sessions", () => {
  it.each([
    ["no body", {}],
    ["an ingress' page", "default backend - 404"],
    ["a gateway's own JSON", { statusCode: 404, error: "Not Found", message: "no route" }],
    ["an empty list of errors", { errors: [] }],
  ])("fail-over: 404 with %s says for certain of no session that it is over", async (_, body) => {
    const made = await bench([({ json }) => json(404, body)]);
    const look = failureOf(await made.chat.refresh(made.handle(), 1, never));
    expect(look).toMatchObject({ verdict: "retry", executed: "no", isUnknownSession: true, code: "http-404" });
  });

  it.each([{ errors: [{ code: 202 }] }, { statusCode: 2, chatEnded: true }])(
    "fail-over: 404 with the API's own body (%o) ends a session at once",
    async (body) => {
      const made = await bench([({ json }) => json(404, body)]);
      expect(failureOf(await made.chat.refresh(made.handle(), 1, never))).toMatchObject({ verdict: "ended" });
    },
  );

  it("fail-over: from a gateway that does not know it a session moves on to the next server", async () => {
    const made = await bench([status(404), fine()]);
    for (const call of [made.chat.send(made.handle(), post, never), made.chat.refresh(made.handle(), 1, never)]) {
      expect((await call).ok).toBe(true);
    }
  });

  it.each(inSession)(
    "fail-over: %s: another server's statusCode 2 ends no session whose own answers",
    async (_, call) => {
      let isBusy = true;
      const own = (visit: Visit): void => (isBusy ? status(503) : fine())(visit);
      const made = await bench([own, unknownByStatus]);
      expect(failureOf(await made.chat.refresh(made.handle(), 1, never))?.code).toBe("http-503");
      isBusy = false;
      const outcome = await call(made);
      expect(outcome.ok && outcome.value.handle.server).toBe(made.base(0));
      expect(counts(made)).toEqual([2, 1]);
    },
  );

  it.each([
    ["refuses", "", "refused"],
    ["answers 502", status(502), "http-502"],
    ["answers 503", status(503), "http-503"],
  ])("fail-over: a session that others do not know while its own server %s may pass", async (_, own, code) => {
    const first = typeof own === "string" ? await refusingUrl() : own;
    const made = await bench([first, unknownByStatus, unknownByStatus]);
    // Once it is suspect the others are asked first, and it is asked all the same.
    await made.chat.refresh(made.handle(), 1, never);
    for (const [, call] of inSession) {
      const failure = failureOf(await call(made));
      expect(failure).toMatchObject({ verdict: "retry", isUnknownSession: true });
      expect(["status-2", code]).toContain(failure?.code);
    }
  });

  it("fail-over: a session's own server has the last word, whatever others say of it", async () => {
    const made = await bench([unknownByStatus, fine({ statusCode: 2 })]);
    expect(failureOf(await made.chat.refresh(made.handle(), 1, never))).toMatchObject({ verdict: "ended" });
    expect(counts(made)).toEqual([1, 0]);
    const passing = await bench([fine({ statusCode: 1 }), unknownByStatus]);
    const failure = failureOf(await passing.chat.refresh(passing.handle(), 1, never));
    expect(failure).toMatchObject({ verdict: "retry", code: "status-1" });
    expect(failure).not.toHaveProperty("isUnknownSession");
  });

  it.each([
    ["404", (visit: Visit) => visit.json(404, { errors: [{ code: 202 }] })],
    ["404 of a gateway", status(404)],
    ["HTTP 400, as of a session that is over", status(400)],
  ])("fail-over: another server ends no session with %s whose own is away", async (_, answer) => {
    const made = await bench([await refusingUrl(), answer]);
    const failure = failureOf(await made.chat.refresh(made.handle(), 1, never));
    expect(failure).toMatchObject({ verdict: "retry", isUnknownSession: true });
  });

  it("fail-over: a post is told as it was, for the look after it asks the session's own server", async () => {
    const made = await bench([await refusingUrl(), unknownByStatus]);
    const failure = failureOf(await made.chat.send(made.handle(), post, never));
    expect(failure).toMatchObject({ verdict: "ended", executed: "unknown" });
  });

  it("fail-over: any server may say that a session is over whose own is no longer configured", async () => {
    const made = await bench([unknownByStatus]);
    const outcome = await made.chat.refresh(made.handle({ server: "http://127.0.0.1:9/gone" }), 1, never);
    expect(failureOf(outcome)).toMatchObject({ verdict: "ended" });
  });
});
