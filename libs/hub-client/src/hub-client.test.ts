import type { Failure, Hub, Outcome } from "@dms/rules";
import { afterEach, describe, expect, it } from "vitest";
import { createHubClient, type HubClientOptions } from "./hub-client.ts";
import type { OutsideCall } from "@dms/http-client";
import {
  type Loopback,
  refusingUrl,
  type StillClock,
  startLoopback,
  stillClock,
  type Visit,
} from "@dms/http-client/testing";

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

interface Bench {
  hub: Hub & { close(): Promise<void> };
  server: Loopback;
  clock: StillClock;
  calls: OutsideCall[];
  tokensGiven: () => number;
}

/** A hub that gives tokens `t1`, `t2`, ... and answers everything else with `answer`. */
async function bench(
  answer: (visit: Visit) => unknown,
  more: Partial<HubClientOptions> & { tokenSeconds?: number } = {},
): Promise<Bench> {
  let tokens = 0;
  const { tokenSeconds = 3600, ...options } = more;
  const server = await startLoopback((visit) => {
    if (visit.path !== "/hub/oauth/token") return answer(visit);
    tokens += 1;
    return visit.json(200, { access_token: `t${tokens}`, token_type: "Bearer", expires_in: tokenSeconds });
  });
  const clock = stillClock();
  const calls: OutsideCall[] = [];
  const hub = createHubClient({
    url: `${server.url}/hub/`,
    channelId: "whatsapp",
    clientId: "dms",
    clientSecret: "s:e%c+ret",
    timeoutMs: 1000,
    clock,
    onCall: (call) => calls.push(call),
    ...options,
  });
  open.push(hub, server);
  return { hub, server, clock, calls, tokensGiven: () => tokens };
}

const never = new AbortController().signal;
const message = { conversationId: "c", from: "b", to: "u", type: "text", text: "hi" } as const;
const accepted = { id: "m1", acceptedAt: "2026-01-01T00:00:00Z" };

function inbound(sequence: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  const base = { id: `id-${String(sequence)}`, conversationId: "c", type: "text", sentAt: "2026-01-01T00:00:00Z" };
  return { sequence, ...base, from: { id: "u" }, to: { id: "b" }, text: "hi", ...more };
}

function failureOf(outcome: Outcome<unknown>): Failure | undefined {
  return outcome.ok ? undefined : outcome.failure;
}

describe("hub client", () => {
  it("hub client: fetch asks as the contract says and keeps a message that does not parse in its place", async () => {
    const batch = { messages: [inbound(4), inbound(7, { from: 5 }), inbound(8, { extra: { kept: true } })] };
    const { hub, server } = await bench(({ json }) => json(200, batch));
    const outcome = await hub.fetch({ after: 3, limit: 50, waitMs: 20 }, never);
    expect(outcome).toEqual({
      ok: true,
      value: [
        { sequence: 4, parsed: true, message: inbound(4) },
        {
          sequence: 7,
          parsed: false,
          conversationId: "c",
          raw: JSON.stringify(batch.messages[1]),
          fault: expect.stringContaining("from"),
        },
        { sequence: 8, parsed: true, message: inbound(8, { extra: { kept: true } }) },
      ],
    });
    const unnamed = [7, "", "x".repeat(256), "\ud800", { id: "c" }, undefined].map((id, index) =>
      inbound(index + 1, { from: 5, conversationId: id }),
    );
    const other = await bench(({ json }) => json(200, { messages: unnamed }));
    const fetched = await other.hub.fetch({ after: null, limit: 50, waitMs: 0 }, never);
    expect(fetched.ok ? fetched.value.filter((each) => "conversationId" in each) : fetched).toEqual([]);
    await hub.fetch({ after: null, limit: 50, waitMs: 0 }, never);
    const [token, first, second] = server.visits;
    expect(token?.headers["authorization"]).toBe(`Basic ${Buffer.from("dms:s%3Ae%25c%2Bret").toString("base64")}`);
    expect(first?.path).toBe("/hub/v1/channels/whatsapp/messages?limit=50&waitMs=20&after=3");
    expect(first?.headers["authorization"]).toBe("Bearer t1");
    expect(second?.path).toBe("/hub/v1/channels/whatsapp/messages?limit=50&waitMs=0");
  });

  it.each([
    ["without a sequence", [inbound(1), { id: "x" }], "message 2 of 2 has no usable sequence"],
    ["with a fractional sequence", [inbound(1.5)], "message 1 of 1 has no usable sequence"],
    ["that is no object", [null], "message 1 of 1 has no usable sequence"],
    ["whose sequence does not grow", [inbound(5), inbound(5)], "message 2 of 2 has sequence 5 after 5"],
  ])("hub client: a message %s makes the whole fetch fail, so that nothing is skipped", async (_, messages, detail) => {
    const { hub } = await bench(({ json }) => json(200, { messages }));
    const failure = failureOf(await hub.fetch({ after: null, limit: 9, waitMs: 0 }, never));
    expect(failure).toMatchObject({ verdict: "retry", code: "malformed", detail: expect.stringContaining(detail) });
  });

  it("hub client: send carries the key and tells a replay from a first answer", async () => {
    let replayed: Record<string, string> = {};
    const { hub, server } = await bench(({ json }) => json(202, accepted, replayed));
    expect(await hub.send(message, "key-1", never)).toEqual({ ok: true, value: { id: "m1", replayed: false } });
    replayed = { "idempotency-replayed": "true" };
    expect(await hub.send(message, "key-1", never)).toEqual({ ok: true, value: { id: "m1", replayed: true } });
    expect(server.visits[1]?.headers["idempotency-key"]).toBe("key-1");
    expect(server.visits[1]?.headers["content-type"]).toBe("application/json");
  });

  it("hub client: confirm answers how far the channel is confirmed, activity answers nothing", async () => {
    const { hub } = await bench(({ json, response, path }) =>
      path.endsWith("/confirm") ? json(200, { confirmedUpTo: 9 }) : response.writeHead(202).end(),
    );
    expect(await hub.confirm(0, never)).toEqual({ ok: true, value: 9 });
    const activity = { conversationId: "c", to: "u", kind: "typing-started" } as const;
    expect(await hub.activity(activity, never)).toEqual({ ok: true, value: null });
  });

  it("hub client: media goes up and comes down byte by byte", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
    let stored = Buffer.alloc(0);
    const { hub } = await bench(async ({ method, body, json, response }) => {
      if (method === "GET") return response.writeHead(200, { "content-type": "image/png" }).end(stored);
      stored = Buffer.concat([await body()]);
      return json(201, { id: "m/1" });
    });
    const up = await hub.upload({ name: "a.png", mime: "image/png", bytes }, never);
    expect(up).toEqual({ ok: true, value: { id: "m/1", name: "a.png", mime: "image/png", bytes: 300_000 } });
    const down = await hub.download({ id: "m/1", name: "a.png" }, never);
    expect(down).toEqual({ ok: true, value: { name: "a.png", mime: "image/png", bytes: Buffer.from(bytes) } });
  });

  it.each(["upload", "download"] as const)(
    "hub client: a file may take longer than the time-out, or its message would be tried for ever: %s",
    async (operation) => {
      const { hub, server, clock } = await bench(() => undefined, { fileTimeoutMs: 3000 });
      const move = () =>
        operation === "upload"
          ? hub.upload({ name: "a", mime: "b/c", bytes: new Uint8Array(1) }, never)
          : hub.download({ id: "m1" }, never);
      const done = move();
      await server.visited(2);
      clock.advance(2999);
      server.visits.at(-1)?.json(200, { id: "m1" }, { "content-disposition": "attachment" });
      expect((await done).ok).toBe(true);
      const late = move();
      await server.visited(3);
      clock.advance(3000);
      expect(failureOf(await late)).toMatchObject({ verdict: "retry", code: "timeout" });
      expect(clock.timers()).toBe(0);
    },
  );

  it("hub client: a big batch in many chunks arrives whole, and one over the limit is given up", async () => {
    const messages = Array.from({ length: 500 }, (_, index) => inbound(index + 1, { text: "é".repeat(10_000) }));
    const { hub } = await bench(({ json }) => json(200, { messages }));
    const outcome = await hub.fetch({ after: null, limit: 500, waitMs: 0 }, never);
    expect(outcome.ok && outcome.value.length).toBe(500);
    const small = await bench(({ json }) => json(200, { messages }), { answerBytesMax: 100_000 });
    expect(failureOf(await small.hub.fetch({ after: null, limit: 500, waitMs: 0 }, never))?.code).toBe("oversize");
  });

  it.each([
    [400, {}, { verdict: "reject", executed: "no", code: "http-400" }],
    [409, {}, { verdict: "conflict", executed: "no", code: "http-409" }],
    [429, { "retry-after": "3" }, { verdict: "retry", executed: "no", code: "http-429", retryAfterMs: 3000 }],
    [503, { "retry-after": "Thu, 01 Jan 1970 00:00:05 GMT" }, { verdict: "retry", executed: "no", retryAfterMs: 5000 }],
    [500, {}, { verdict: "retry", executed: "unknown", code: "http-500" }],
  ])("hub client: HTTP %i is classified, with the least time to wait", async (status, headers, expected) => {
    const problem = { "content-type": "application/problem+json", ...headers };
    const { hub } = await bench(({ json }) => json(status, { title: "No luck", detail: "secret text" }, problem));
    const failure = failureOf(await hub.send(message, "k", never));
    expect(failure).toMatchObject(expected);
    expect(failure?.detail).toContain("No luck");
    expect(failure?.detail).not.toContain("secret text");
  });

  it("hub client: transport failures are classified, and nothing is sent a second time", async () => {
    const { hub, server } = await bench((visit) => visit.cut());
    expect(failureOf(await hub.send(message, "k", never))).toMatchObject({ executed: "unknown", code: "reset" });
    expect(server.visits).toHaveLength(2);
    const gone = await bench(() => undefined, { url: await refusingUrl() });
    expect(failureOf(await gone.hub.send(message, "k", never))).toMatchObject({ executed: "no", code: "refused" });
    const garbage = await bench(({ response }) => response.end("<html>"));
    const failure = failureOf(await garbage.hub.send(message, "k", never));
    expect(failure).toMatchObject({ verdict: "retry", executed: "unknown", code: "malformed" });
    expect(failure?.detail).not.toContain("<html>");
  });

  it("hub client: a silent hub costs one time-out, a fetch its waiting time more", async () => {
    const { hub, server, clock, calls } = await bench(() => undefined);
    const sending = hub.send(message, "k", never);
    await server.visited(2);
    clock.advance(1000);
    expect(failureOf(await sending)).toMatchObject({ executed: "unknown", code: "timeout" });
    const fetching = hub.fetch({ after: null, limit: 1, waitMs: 5000 }, never);
    await server.visited(3);
    clock.advance(5999);
    expect(clock.timers()).toBe(1);
    clock.advance(1);
    expect(failureOf(await fetching)?.code).toBe("timeout");
    expect(calls.at(-1)).toEqual({ target: "hub", operation: "fetch", outcome: "timeout", durationMs: 6000 });
    expect(clock.timers()).toBe(0);
  });

  it("hub client: an abort ends a call at once, and a closed client answers instead of throwing", async () => {
    const { hub, server } = await bench(() => undefined);
    const giveUp = new AbortController();
    const pending = hub.fetch({ after: null, limit: 1, waitMs: 5000 }, giveUp.signal);
    await server.visited(2);
    giveUp.abort();
    expect(failureOf(await pending)).toMatchObject({ verdict: "retry", code: "aborted" });
    const cutOff = hub.send(message, "k", never);
    await server.visited(3);
    await hub.close();
    expect(failureOf(await cutOff)).toMatchObject({ executed: "unknown", code: "aborted" });
    expect(failureOf(await hub.send(message, "k", never))).toMatchObject({ executed: "no", code: "aborted" });
  });

  it("hub client: a proxy is given the call in absolute form", async () => {
    const proxy = await startLoopback(({ path, json }) =>
      path.endsWith("/oauth/token")
        ? json(200, { access_token: "t", token_type: "Bearer", expires_in: 60 })
        : json(200, { confirmedUpTo: 1 }),
    );
    open.push(proxy);
    const url = proxy.url.replace("http://", "http://user:p%40ss@");
    const { hub, server } = await bench(() => undefined, { proxy: url, url: "http://hub.example/base" });
    expect(await hub.confirm(1, never)).toEqual({ ok: true, value: 1 });
    expect(proxy.visits[1]?.path).toBe("http://hub.example/base/v1/channels/whatsapp/messages/confirm");
    expect(proxy.visits[1]?.headers["proxy-authorization"]).toBe(`Basic ${btoa("user:p@ss")}`);
    expect(server.visits).toHaveLength(0);
  });

  it("hub client: a proxy that wants other credentials is no reason to bury a message", async () => {
    const proxy = await startLoopback(({ response }) => response.writeHead(407).end("who are you"));
    open.push(proxy);
    const { hub } = await bench(() => undefined, { proxy: proxy.url, url: "http://hub.example" });
    expect(failureOf(await hub.send(message, "k", never))).toMatchObject({ verdict: "retry", executed: "no" });
  });
});
