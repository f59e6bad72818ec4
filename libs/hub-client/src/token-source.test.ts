import type { Hub } from "@dms/rules";
import { afterEach, describe, expect, it } from "vitest";
import { createHubClient } from "./hub-client.ts";
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
  hub: Hub;
  server: Loopback;
  clock: StillClock;
  calls: OutsideCall[];
  /** Paths without their tokens' use, in the order of arrival: `token` or the bearer token shown. */
  seen: () => string[];
}

async function bench(
  token: (visit: Visit, count: number) => unknown,
  confirm: (visit: Visit, bearer: string) => unknown = ({ json }) => json(200, { confirmedUpTo: 1 }),
  tokenUrl?: string,
): Promise<Bench> {
  let count = 0;
  const bearer = (visit: Visit): string => (visit.headers["authorization"] ?? "").replace("Bearer ", "");
  const server = await startLoopback((visit) => {
    if (!visit.path.endsWith("/token")) return confirm(visit, bearer(visit));
    count += 1;
    return token(visit, count);
  });
  const clock = stillClock();
  const calls: OutsideCall[] = [];
  const hub = createHubClient({
    url: server.url,
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    channelId: "sms",
    clientId: "dms-client",
    clientSecret: "wrong-secret",
    timeoutMs: 1000,
    clock,
    onCall: (call) => calls.push(call),
  });
  open.push(hub, server);
  const seen = (): string[] => server.visits.map((visit) => (visit.path.endsWith("/token") ? "token" : bearer(visit)));
  return { hub, server, clock, calls, seen };
}

const never = new AbortController().signal;
const give =
  (seconds: number) =>
  ({ json }: Visit, count: number): void =>
    json(200, { access_token: `t${count}`, token_type: "Bearer", expires_in: seconds });

describe("token source", () => {
  it("token source: fifty calls at once share one token, and the calls are reported with it", async () => {
    const { hub, seen, calls } = await bench(give(3600));
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => hub.confirm(1, never)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(seen().filter((kind) => kind === "token")).toHaveLength(1);
    expect(calls.filter(({ operation }) => operation === "token")).toHaveLength(1);
    expect(calls.filter(({ operation, outcome }) => operation === "confirm" && outcome === "ok")).toHaveLength(50);
  });

  it("token source: a token is renewed before its end, a long one a minute before and one of two seconds half a second", async () => {
    for (const [seconds, freshMs] of [
      [3600, 3_540_000],
      [2, 1500],
    ] as const) {
      const { hub, seen, clock } = await bench(give(seconds));
      await hub.confirm(1, never);
      clock.advance(freshMs - 1);
      await hub.confirm(1, never);
      clock.advance(1);
      await hub.confirm(1, never);
      expect(seen()).toEqual(["token", "t1", "t1", "token", "t2"]);
    }
  });

  it("token source: tokens without any lifetime serve one call each", async () => {
    const { hub, seen } = await bench(give(0));
    await hub.confirm(1, never);
    await hub.confirm(1, never);
    expect(seen()).toEqual(["token", "t1", "token", "t2"]);
  });

  it("token source: after one 401 the call is made once more with a new token", async () => {
    const { hub, seen } = await bench(give(3600), ({ json }, bearer) =>
      bearer === "t1" ? json(401, {}) : json(200, { confirmedUpTo: 1 }),
    );
    expect(await hub.confirm(1, never)).toEqual({ ok: true, value: 1 });
    expect(seen()).toEqual(["token", "t1", "token", "t2"]);
  });

  it("token source: thirty calls refused together cost one new token", async () => {
    const { hub, seen } = await bench(give(3600), ({ json }, bearer) =>
      bearer === "t1" ? json(401, {}) : json(200, { confirmedUpTo: 1 }),
    );
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => hub.confirm(1, never)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(seen().filter((kind) => kind === "token")).toHaveLength(2);
  });

  it("token source: a second 401 is a failure to retry later, and there is no third call", async () => {
    const { hub, seen } = await bench(give(3600), ({ json }) => json(401, {}));
    const outcome = await hub.confirm(1, never);
    expect(outcome).toMatchObject({ ok: false, failure: { verdict: "retry", code: "http-401" } });
    expect(seen()).toEqual(["token", "t1", "token", "t2"]);
  });

  it("token source: refused credentials are retried, not rejected, and the detail names the client id and no secret", async () => {
    const { hub } = await bench(({ json }) => json(401, { error: "invalid_client", error_description: "x" }));
    const outcome = await hub.confirm(1, never);
    expect(outcome).toMatchObject({ ok: false, failure: { verdict: "retry", executed: "no", code: "http-401" } });
    const detail = outcome.ok ? "" : outcome.failure.detail;
    expect(detail).toContain("invalid_client");
    expect(detail).toContain('client-id is "dms-client"');
    expect(detail).not.toContain("wrong-secret");
  });

  it.each([
    ["400", ({ json }: Visit) => json(400, { error: "invalid_request" }), "http-400"],
    ["404", ({ json }: Visit) => json(404, {}), "http-404"],
    ["500", ({ json }: Visit) => json(500, {}), "http-500"],
    ["no JSON", ({ response }: Visit) => response.end("hello"), "malformed"],
    ["no token in it", ({ json }: Visit) => json(200, { token_type: "Bearer" }), "malformed"],
    ["a cut connection", (visit: Visit) => visit.cut(), "reset"],
  ])(
    "token source: a token answer with %s is a retry without effect, and a second later the next call asks again",
    async (_, token, code) => {
      const { hub, clock } = await bench((visit, count) => (count === 1 ? token(visit) : give(3600)(visit, count)));
      const outcome = await hub.confirm(1, never);
      expect(outcome).toMatchObject({ ok: false, failure: { verdict: "retry", executed: "no", code } });
      clock.advance(1000);
      expect(await hub.confirm(1, never)).toEqual({ ok: true, value: 1 });
    },
  );

  it("token source: two hundred calls within a second of a failed request make no other, whether together or one by one", async () => {
    const { hub, seen, clock } = await bench((visit, count) => (count === 1 ? visit.cut() : give(3600)(visit, count)));
    const failure = { ok: false, failure: { verdict: "retry", executed: "no", code: "reset" } };
    for (let i = 0; i < 100; i++) expect(await hub.confirm(1, never)).toMatchObject(failure);
    clock.advance(999);
    const together = await Promise.all(Array.from({ length: 100 }, () => hub.confirm(1, never)));
    expect(together).toMatchObject(together.map(() => failure));
    expect(seen()).toEqual(["token"]);
    clock.advance(1);
    expect(await hub.confirm(1, never)).toEqual({ ok: true, value: 1 });
  });

  it("token source: a token server that says when to come again is left alone until then, and every call hears how long", async () => {
    const { hub, seen, clock } = await bench((visit, count) =>
      count === 1 ? visit.json(429, {}, { "retry-after": "60" }) : give(3600)(visit, count),
    );
    const busy = (retryAfterMs: number) => ({ ok: false, failure: { code: "http-429", retryAfterMs } });
    expect(await hub.confirm(1, never)).toMatchObject(busy(60_000));
    clock.advance(59_000);
    expect(await hub.confirm(1, never)).toMatchObject(busy(1000));
    expect(seen()).toEqual(["token"]);
    clock.advance(1000);
    expect(await hub.confirm(1, never)).toEqual({ ok: true, value: 1 });
    expect(seen()).toEqual(["token", "token", "t2"]);
  });

  it("token source: a refusing token server is told as such", async () => {
    const { hub } = await bench(give(1), undefined, await refusingUrl());
    expect(await hub.confirm(1, never)).toMatchObject({ ok: false, failure: { executed: "no", code: "refused" } });
  });

  it("token source: a caller that gives up does not take the token from the others", async () => {
    let answerToken: () => void = () => undefined;
    const { hub, server } = await bench((visit, count) => {
      answerToken = () => give(3600)(visit, count);
    });
    const giveUp = new AbortController();
    const first = hub.confirm(1, giveUp.signal);
    const second = hub.confirm(1, never);
    await server.visited(1);
    giveUp.abort();
    expect(await first).toMatchObject({ ok: false, failure: { code: "aborted", executed: "no" } });
    answerToken();
    expect(await second).toEqual({ ok: true, value: 1 });
  });

  it("token source: a silent token server costs one time-out and leaves no timer behind", async () => {
    const { hub, server, clock } = await bench(() => undefined);
    const pending = hub.confirm(1, never);
    await server.visited(1);
    clock.advance(1000);
    expect(await pending).toMatchObject({ ok: false, failure: { code: "timeout", executed: "no" } });
    expect(clock.timers()).toBe(0);
  });
});
