import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type ChatBench, chatBench, created, failureOf, fine } from "./testing/chat-bench.ts";
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
const opening = { nickname: "Ana", userData: {} };
const counts = ({ servers }: ChatBench): number[] => servers.map(({ visits }) => visits.length);
const silent = (): undefined => undefined;
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};
const cutAfterReading = async (visit: Visit): Promise<void> => {
  await visit.body();
  visit.cut();
};
const status =
  (code: number, headers: Record<string, string> = {}) =>
  ({ json }: Visit): void =>
    json(code, {}, headers);

/** As the API itself says it. */
const unknown =
  (code: number) =>
  ({ json }: Visit): void =>
    json(code, { errors: [{ code: 202, advice: "no such chat" }] });

describe("fail-over", () => {
  it("fail-over: new sessions go round the servers, whatever the sessions do in between", async () => {
    const made = await bench([created, created, created]);
    const used: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      const outcome = await made.chat.create(opening, never);
      if (outcome.ok) used.push(outcome.value.handle.server);
      await made.chat.refresh(made.handle({ server: made.base(1) }), 1, never);
    }
    expect(used).toEqual([0, 1, 2, 0, 1, 2].map(made.base));
  });

  it("fail-over: an unavailable server is passed over, tried last for five seconds, and then has its turn again", async () => {
    const made = await bench([created, created, status(503)]);
    const create3 = async (): Promise<number[]> => {
      for (let count = 0; count < 3; count += 1) expect((await made.chat.create(opening, never)).ok).toBe(true);
      return counts(made);
    };
    expect(await create3()).toEqual([2, 1, 1]);
    expect(await create3()).toEqual([4, 2, 1]);
    made.clock.advance(5000);
    expect(await create3()).toEqual([6, 3, 2]);
  });

  it("fail-over: when every server refuses, the creation certainly had no effect", async () => {
    const made = await bench([await refusingUrl(), await refusingUrl()]);
    expect(failureOf(await made.chat.create(opening, never))).toMatchObject({ code: "refused", executed: "no" });
  });

  it.each([
    ["cut before the body is read", (visit: Visit) => visit.cut(), "reset"],
    ["cut after the body is read", cutAfterReading, "reset"],
    ["HTTP 500", status(500), "http-500"],
    ["HTTP 502", status(502), "http-502"],
    ["HTTP 401", status(401), "http-401"],
    ["garbage", ({ response }: Visit) => response.end("?"), "malformed"],
    ["statusCode 1", fine({ statusCode: 1 }), "status-1"],
    ["a statusCode that is not documented", fine({ statusCode: 4711 }), "status-other"],
  ])("fail-over: after %s a post, an upload and a creation are not repeated anywhere", async (_, answer, code) => {
    const file = { name: "a", mime: "text/plain", bytes: new Uint8Array(9) };
    for (const operation of ["send", "upload", "create"] as const) {
      const made = await bench([answer, fine()]);
      const outcome = await {
        send: () => made.chat.send(made.handle(), post, never),
        upload: () => made.chat.upload(made.handle(), file, never),
        create: () => made.chat.create(opening, never),
      }[operation]();
      expect(failureOf(outcome)).toMatchObject({ verdict: "retry", executed: "unknown", code });
      expect(counts(made)).toEqual([1, 0]);
    }
  });

  it("fail-over: a post that hangs is not repeated, and ends with the time-out for answers", async () => {
    const made = await bench([silent, fine()]);
    const pending = made.chat.send(made.handle(), post, never);
    await made.servers[0]?.visited(1);
    made.clock.advance(1000);
    made.clock.advance(1999);
    expect(made.calls).toHaveLength(0);
    made.clock.advance(1);
    expect(failureOf(await pending)).toMatchObject({ executed: "unknown", code: "timeout" });
    expect(counts(made)).toEqual([1, 0]);
    expect(made.clock.timers()).toBe(0);
  });

  it("fail-over: a request that has left has all of the time, although another server is there", async () => {
    const made = await bench([silent, fine()]);
    const pending = made.chat.send(made.handle(), post, never);
    await made.servers[0]?.visited(1);
    made.clock.advance(999);
    fine()(made.servers[0]?.visits[0] as Visit);
    expect((await pending).ok).toBe(true);
  });

  it("fail-over: a post moves on from a server that refuses or is unavailable, and the handle goes with it", async () => {
    const made = await bench([status(503, { "retry-after": "1" }), fine({ alias: "2" })]);
    const outcome = await made.chat.send(made.handle({ alias: "1" }), post, never);
    expect(outcome.ok && outcome.value.handle).toMatchObject({ alias: "2", server: made.base(1) });
    const refused = await bench([await refusingUrl(), fine()]);
    const second = await refused.chat.send(refused.handle(), post, never);
    expect(second.ok && second.value.handle.server).toBe(refused.base(1));
  });

  it("fail-over: a post that a gateway may have passed on before it answered 503 is made nowhere else", async () => {
    const made = await bench([status(503), fine({ alias: "2" })]);
    const failure = failureOf(await made.chat.send(made.handle({ alias: "1" }), post, never));
    expect(failure).toMatchObject({ code: "http-503", executed: "unknown" });
    expect(counts(made)).toEqual([1, 0]);
  });

  it("fail-over: a session of a server that is no longer configured goes on at any other", async () => {
    const made = await bench([fine(), fine()]);
    const outcome = await made.chat.send(made.handle({ server: "http://127.0.0.1:9/gone" }), post, never);
    expect(outcome.ok).toBe(true);
    expect(counts(made)).toEqual([1, 0]);
  });

  it("fail-over: a session's busy server is waited for, a creation goes to the next", async () => {
    const made = await bench([status(429, { "retry-after": "2" }), created]);
    const busy = failureOf(await made.chat.send(made.handle(), post, never));
    expect(busy).toMatchObject({ code: "http-429", executed: "no", retryAfterMs: 2000 });
    expect((await made.chat.create(opening, never)).ok).toBe(true);
  });

  it.each(["refresh", "typing", "disconnect", "download"] as const)(
    "fail-over: %s may be repeated and moves on after any transport failure",
    async (operation) => {
      const made = await bench([cutAfterReading, fine()]);
      const { chat, handle } = made;
      const outcome = await {
        refresh: () => chat.refresh(handle(), 1, never),
        typing: () => chat.typing(handle(), true, never),
        disconnect: () => chat.disconnect(handle(), never),
        download: () => chat.download(handle(), { id: "f" }, never),
      }[operation]();
      expect(outcome.ok).toBe(true);
      expect(counts(made)).toEqual([1, 1]);
    },
  );

  it("fail-over: a session is ended only when no server that answers knows it", async () => {
    const one = await bench([unknown(404), fine()]);
    expect((await one.chat.send(one.handle(), post, never)).ok).toBe(true);
    const none = await bench([unknown(404), unknown(410), await refusingUrl()]);
    expect(failureOf(await none.chat.refresh(none.handle(), 1, never))).toMatchObject({ verdict: "ended" });
    expect(counts(none)).toEqual([1, 1]);
  });

  it.each([404, 410])(
    "fail-over: after %i at one server, a post that another may have taken is not known to be nowhere",
    async (code) => {
      const made = await bench([unknown(code), cutAfterReading]);
      const outcome = await made.chat.send(made.handle(), post, never);
      expect(failureOf(outcome)).toMatchObject({ verdict: "retry", executed: "unknown", code: "reset" });
      expect(counts(made)).toEqual([1, 1]);
    },
  );

  it("fail-over: a creation at a wrong address is retried and not rejected", async () => {
    const made = await bench([status(404)]);
    expect(failureOf(await made.chat.create(opening, never))).toMatchObject({ verdict: "retry", executed: "no" });
  });

  it("fail-over: a rejected post is not tried elsewhere, and its server is not suspect", async () => {
    const made = await bench([status(422), fine()]);
    expect(failureOf(await made.chat.send(made.handle(), post, never))).toMatchObject({ verdict: "reject" });
    expect(counts(made)).toEqual([1, 0]);
  });

  it("fail-over: looks leave a server after three silences in a row, posts follow with the handle, and five seconds later it is tried again", async () => {
    let isSilent = true;
    const made = await bench([(visit) => (isSilent ? undefined : fine()(visit)), fine()]);
    for (let count = 1; count <= 3; count += 1) {
      const pending = made.chat.refresh(made.handle(), 1, never);
      await made.servers[0]?.visited(count);
      made.clock.advance(1000);
      expect(failureOf(await pending)?.code).toBe("timeout");
    }
    const moved = await made.chat.refresh(made.handle(), 1, never);
    expect(moved.ok && moved.value.handle.server).toBe(made.base(1));
    isSilent = false;
    made.clock.advance(5000);
    const back = await made.chat.refresh(made.handle(), 1, never);
    expect(back.ok && back.value.handle.server).toBe(made.base(0));
  });

  it("fail-over: one slow answer does not move sessions", async () => {
    let count = 0;
    const made = await bench([(visit) => ((count += 1) % 3 === 0 ? fine()(visit) : undefined), fine()]);
    for (let look = 1; look <= 8; look += 1) {
      const pending = made.chat.refresh(made.handle(), 1, never);
      await made.servers[0]?.visited(look);
      if (look % 3 !== 0) made.clock.advance(1000);
      await pending;
    }
    expect(counts(made)).toEqual([8, 0]);
  });

  it("fail-over: a server that does not take the request in its share of the time is passed over", async () => {
    // It accepts the connection and never answers the greeting.
    const mute = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const made = await bench([`https://127.0.0.1:${(mute.address() as AddressInfo).port}`, fine()]);
    const pending = made.chat.send(made.handle(), post, never);
    await once(mute, "connection");
    made.clock.advance(500);
    const outcome = await pending;
    expect(outcome.ok && outcome.value.handle.server).toBe(made.base(1));
    expect(counts(made)).toEqual([1]);
    mute.close();
  });

  it("fail-over: a post that waits for a place at its server goes nowhere else, and blames nobody when it gets none", async () => {
    const made = await bench([silent, fine()], { connections: 1 });
    const stuck = made.chat.send(made.handle(), post, never);
    await made.servers[0]?.visited(1);
    const waiting = made.chat.send(made.handle(), post, never);
    made.clock.advance(1000);
    expect(failureOf(await waiting)).toMatchObject({ code: "timeout", executed: "no" });
    expect(made.chat.servers().map(({ isSuspect }) => isSuspect)).toEqual([false, false]);
    const second = made.chat.send(made.handle(), post, never);
    fine()(made.servers[0]?.visits[0] as Visit);
    expect((await stuck).ok).toBe(true);
    await made.servers[0]?.visited(2);
    fine()(made.servers[0]?.visits[1] as Visit);
    expect((await second).ok).toBe(true);
    expect(counts(made)).toEqual([2, 0]);
  });

  it.each(["refresh", "create"] as const)(
    "fail-over: a %s that found a place late is waited for as long as one that found it at once, and blames nobody",
    async (operation) => {
      const made = await bench([silent], { connections: 1 });
      const server = made.servers[0];
      const first = made.chat.send(made.handle(), post, never);
      await server?.visited(1);
      const late =
        operation === "create" ? made.chat.create(opening, never) : made.chat.refresh(made.handle(), 1, never);
      made.clock.advance(499);
      fine()(server?.visits[0] as Visit);
      expect((await first).ok).toBe(true);
      await server?.visited(2);
      made.clock.advance(999);
      (operation === "create" ? created : fine())(server?.visits[1] as Visit);
      expect((await late).ok).toBe(true);
      expect(made.clock.timers()).toBe(0);
    },
  );

  it("fail-over: a call that never leaves is not extended by one that had left before it was refused", async () => {
    const made = await bench([status(503, { "retry-after": "0" }), silent], { connections: 1 });
    const held = made.chat.send(made.handle({ server: made.base(1) }), post, never);
    await made.servers[1]?.visited(1);
    const late = made.chat.send(made.handle(), post, never);
    await made.servers[0]?.visited(1);
    await until(() => made.chat.servers()[0]?.isSuspect === true);
    made.clock.advance(1000);
    expect(failureOf(await late)).toMatchObject({ code: "timeout", executed: "no" });
    expect(made.chat.servers()[1]?.isSuspect).toBe(false);
    fine()(made.servers[1]?.visits[0] as Visit);
    expect((await held).ok).toBe(true);
  });

  it.each(["send", "upload", "download"] as const)(
    "fail-over: the answer to a %s counts for longer than the time-out",
    async (operation) => {
      const made = await bench([silent, fine()]);
      const pending = {
        send: () => made.chat.send(made.handle(), post, never),
        upload: () => made.chat.upload(made.handle(), { name: "a", mime: "b/c", bytes: new Uint8Array(1) }, never),
        download: () => made.chat.download(made.handle(), { id: "f" }, never),
      }[operation]();
      await made.servers[0]?.visited(1);
      made.clock.advance(1000);
      made.clock.advance(1999);
      fine()(made.servers[0]?.visits[0] as Visit);
      expect((await pending).ok).toBe(true);
      expect(made.clock.timers()).toBe(0);
    },
  );

  it("fail-over: a creation goes where there is a free place, whoever's turn it is", async () => {
    const made = await bench([silent, created], { connections: 1 });
    const stuck = made.chat.create(opening, never);
    await made.servers[0]?.visited(1);
    for (let count = 0; count < 3; count += 1) expect((await made.chat.create(opening, never)).ok).toBe(true);
    expect(counts(made)).toEqual([1, 3]);
    made.clock.advance(1000);
    expect(failureOf(await stuck)?.code).toBe("timeout");
  });

  it("fail-over: a creation and a look are not waited for any longer: trying again does no harm", async () => {
    const made = await bench([silent]);
    const creation = made.chat.create(opening, never);
    const look = made.chat.refresh(made.handle(), 1, never);
    await made.servers[0]?.visited(2);
    made.clock.advance(1000);
    expect(failureOf(await creation)).toMatchObject({ executed: "unknown", code: "timeout" });
    expect(failureOf(await look)).toMatchObject({ code: "timeout" });
  });

  it("fail-over: an abort ends a call at once at every stage, and no other server is tried", async () => {
    const made = await bench([silent, fine()]);
    const giveUp = new AbortController();
    const pending = made.chat.refresh(made.handle(), 1, giveUp.signal);
    await made.servers[0]?.visited(1);
    giveUp.abort(new Error("lease lost"));
    expect(failureOf(await pending)).toMatchObject({ code: "aborted", executed: "unknown" });
    expect(failureOf(await made.chat.send(made.handle(), post, giveUp.signal))).toMatchObject({
      code: "aborted",
      executed: "no",
    });
    expect(counts(made)).toEqual([1, 0]);
    expect(made.clock.timers()).toBe(0);
  });
});
