import type { Mishap } from "@dms/rules";
import { Agent, type Dispatcher } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { type Answer, exchange, type ExchangeRequest } from "./exchange.ts";
import { type Loopback, refusingUrl, startLoopback, type Visit } from "./testing/loopback.ts";

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function server(answer: (visit: Visit) => unknown): Promise<Loopback> {
  const loopback = await startLoopback(answer);
  open.push(loopback);
  return loopback;
}

function agent(connections = 1): Dispatcher {
  const dispatcher = new Agent({ connections });
  open.push({ close: () => dispatcher.destroy() });
  return dispatcher;
}

function request(url: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return { url: new URL(url), method: "POST", headers: {}, body: "hello", bytesMax: 1_000_000, ...more };
}

const never = new AbortController().signal;
const post = (url: string): Promise<Answer | Mishap> => exchange(agent(), request(url), never);

describe("exchange", () => {
  it("exchange: gives the whole answer of any status, chunked or not", async () => {
    const { url } = await server(async ({ body, response }) => {
      await body();
      response.writeHead(418, { "x-kind": "teapot" });
      for (const part of ["a", "b", "c"]) response.write(part.repeat(50_000));
      response.end();
    });
    const answer = await post(url);
    expect(answer).toMatchObject({ kind: "answer", status: 418, headers: { "x-kind": "teapot" } });
    expect((answer as Answer).bytes.length).toBe(150_000);
  });

  it("exchange: what waited for a connection until its time was over never leaves, whatever its timer has come to", async () => {
    const held = Promise.withResolvers<void>();
    const heard: string[] = [];
    const { url } = await server(async (visit) => {
      heard.push((await visit.body()).toString());
      await held.promise;
      visit.response.end("ok");
    });
    const dispatcher = agent();
    let isOver = false;
    const first = exchange(dispatcher, request(url, { body: "first" }), never);
    const second = exchange(dispatcher, request(url, { body: "late", mayLeave: () => !isOver }), never);
    await expect.poll(() => heard).toEqual(["first"]);
    // The process was frozen meanwhile: the first answer is read before any timer runs.
    isOver = true;
    held.resolve();
    expect(await first).toMatchObject({ kind: "answer", status: 200 });
    expect(await second).toEqual({ kind: "timeout", isSent: false });
    expect(await exchange(dispatcher, request(url, { body: "next" }), never)).toMatchObject({ status: 200 });
    expect(heard).toEqual(["first", "next"]);
  });

  it("exchange: a refused connection certainly sent nothing", async () => {
    expect(await post(await refusingUrl())).toEqual({ kind: "error", errorCode: "ECONNREFUSED", isSent: false });
  });

  it("exchange: a connection cut before or after the body was read may have had an effect", async () => {
    const early = await server((visit) => visit.cut());
    const late = await server(async (visit) => {
      await visit.body();
      visit.cut();
    });
    expect(await post(early.url)).toMatchObject({ kind: "error", isSent: true });
    expect(await post(late.url)).toMatchObject({ kind: "error", isSent: true });
  });

  it("exchange: an answer that breaks off in the middle is an error, not an answer", async () => {
    const { url } = await server(({ response, cut }) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", cut);
    });
    expect(await post(url)).toMatchObject({ kind: "error", isSent: true });
  });

  it("exchange: what is not HTTP is an error", async () => {
    const { url } = await server(({ response }) => response.socket?.end("SSH-2.0-OpenSSH_9.6\r\n"));
    expect(await post(url)).toMatchObject({ kind: "error", isSent: true });
  });

  it("exchange: an answer over its limit is given up", async () => {
    const { url } = await server(({ response }) => response.end("x".repeat(2000)));
    const outcome = await exchange(agent(), request(url, { bytesMax: 1999 }), never);
    expect(outcome).toEqual({ kind: "oversize", bytesMax: 1999 });
  });

  it("exchange: a header that HTTP cannot carry is an error before anything is sent", async () => {
    const { url, visits } = await server(({ response }) => response.end());
    const outcome = await exchange(agent(), request(url, { headers: { "x-bad": "a\nb" } }), never);
    expect(outcome).toEqual({ kind: "error", errorCode: "UND_ERR_INVALID_ARG", isSent: false });
    expect(visits).toHaveLength(0);
  });

  it("exchange: an abort while the server is silent ends it at once, and says why", async () => {
    const { url, visited } = await server(() => undefined);
    for (const [reason, kind] of [
      ["timeout", "timeout"],
      ["lease lost", "aborted"],
    ] as const) {
      const giveUp = new AbortController();
      const pending = exchange(agent(), request(url), giveUp.signal);
      await visited(kind === "timeout" ? 1 : 2);
      giveUp.abort(reason);
      expect(await pending).toEqual({ kind, isSent: true });
    }
  });

  it("exchange: an abort while it waits for a connection sends nothing, then or later, and spares the connection", async () => {
    const { url, visits, visited, connections } = await server(() => undefined);
    const dispatcher = agent(1);
    const first = exchange(dispatcher, request(url), never);
    await visited(1);
    const giveUp = new AbortController();
    const second = exchange(dispatcher, request(url), giveUp.signal);
    giveUp.abort("timeout");
    expect(await second).toEqual({ kind: "timeout", isSent: false });
    visits[0]?.response.end("done");
    expect(await first).toMatchObject({ kind: "answer", status: 200 });
    const third = exchange(dispatcher, request(url), never);
    await visited(2);
    visits[1]?.response.end("done");
    expect(await third).toMatchObject({ kind: "answer" });
    expect(visits).toHaveLength(2);
    expect(connections()).toBe(1);
  });

  it("exchange: with a signal that is already aborted nothing is sent", async () => {
    const { url, visits } = await server(({ response }) => response.end());
    expect(await exchange(agent(), request(url), AbortSignal.abort("x"))).toEqual({ kind: "aborted", isSent: false });
    expect(visits).toHaveLength(0);
  });

  it("exchange: a kept connection that the server closed between two requests is not trusted with a repetition", async () => {
    let count = 0;
    const { url } = await server(({ response, cut }) => {
      count += 1;
      if (count === 1) response.end("first");
      else cut();
    });
    const dispatcher = agent(1);
    expect(await exchange(dispatcher, request(url), never)).toMatchObject({ kind: "answer" });
    expect(await exchange(dispatcher, request(url), never)).toMatchObject({ kind: "error", isSent: true });
    expect(count).toBe(2);
  });
});
