import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { Agent } from "undici";
import { afterEach, expect, test } from "vitest";
import { ByteBudget } from "./byte-budget.ts";
import { exchange, type ExchangeRequest } from "./exchange.ts";
import { isTooDeep, writeJson } from "./json-depth.ts";
import { pathSegment, plainMime, plainName } from "./address-part.ts";
import { startLoopback } from "./testing/loopback.ts";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A server that writes these bytes to whoever asks, and goes on writing `rest` as long as it is read. */
async function raw(head: string, rest?: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(head);
      if (rest === undefined) return;
      const pump = (): void => {
        while (!socket.destroyed && socket.write(rest));
        if (!socket.destroyed) socket.once("drain", pump);
      };
      pump();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function ask(url: string, more: Partial<ExchangeRequest> = {}, signal = new AbortController().signal) {
  const dispatcher = new Agent();
  open.push({ close: () => dispatcher.destroy() });
  return exchange(dispatcher, { url: new URL(url), method: "GET", headers: {}, bytesMax: 100_000, ...more }, signal);
}

const ok = "HTTP/1.1 200 OK\r\n";

test("hostile server: a body without end is given up at its bound", async () => {
  const url = await raw(`${ok}transfer-encoding: chunked\r\n\r\n`, `1000\r\n${"x".repeat(0x1000)}\r\n`);
  expect(await ask(url)).toEqual({ kind: "oversize", bytesMax: 100_000 });
});

test("hostile server: a declared length does not count, only what comes", async () => {
  const url = await raw(`${ok}content-length: 999999999999\r\n\r\n`, "x".repeat(10_000));
  expect(await ask(url)).toEqual({ kind: "oversize", bytesMax: 100_000 });
});

test("hostile server: headers without end, and interim answers without end, are errors", async () => {
  expect(await ask(await raw(ok, `x-${"a".repeat(1000)}: b\r\n`))).toMatchObject({ kind: "error", isSent: true });
  expect(await ask(await raw("", "HTTP/1.1 103 Early Hints\r\n\r\n"))).toMatchObject({ kind: "malformed" });
});

test("hostile server: a body that drips for ever ends with the call's time", async () => {
  const url = await raw(`${ok}content-length: 100\r\n\r\nx`);
  const giveUp = new AbortController();
  const pending = ask(url, {}, giveUp.signal);
  giveUp.abort("timeout");
  expect(await pending).toMatchObject({ kind: "timeout" });
});

test("hostile server: compressed answers were not asked for and are not unpacked", async () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000));
  const server = await startLoopback(({ response, headers }) => {
    expect(headers["accept-encoding"]).toBeUndefined();
    response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
  });
  open.push(server);
  expect(await ask(server.url)).toMatchObject({
    kind: "malformed",
    fault: expect.stringContaining("content encoding") as string,
  });
});

test("hostile server: a redirect is an answer like any other and is not followed", async () => {
  const server = await startLoopback(({ response }) => response.writeHead(302, { location: "/elsewhere" }).end());
  open.push(server);
  expect(await ask(server.url)).toMatchObject({ kind: "answer", status: 302 });
  expect(server.visits).toHaveLength(1);
});

test("hostile server: of a header that comes twice the first counts, as text", async () => {
  const url = await raw(
    `${ok}content-type: text/plain\r\ncontent-type: text/html\r\nretry-after: 1\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n`,
  );
  expect(await ask(url)).toMatchObject({
    kind: "answer",
    headers: { "content-type": "text/plain", "retry-after": "1" },
  });
});

test("hostile server: all answers together have a bound, and what is given up makes room again", async () => {
  const url = await raw(`${ok}content-length: 90000\r\n\r\n${"x".repeat(60_000)}`);
  const budget = new ByteBudget(100_000);
  const giveUp = new AbortController();
  const first = ask(url, { budget }, giveUp.signal);
  while (budget.held < 60_000) await new Promise((resolve) => setImmediate(resolve));
  expect(await ask(url, { budget })).toEqual({ kind: "error", errorCode: "ANSWERS_FULL", isSent: true });
  giveUp.abort("timeout");
  await first;
  expect(budget.held).toBe(0);
});

test("json depth: any depth is seen and written without running out of stack", () => {
  const deep: unknown = JSON.parse(`${'{"a":['.repeat(200_000)}1${"]}".repeat(200_000)}`);
  expect(() => JSON.stringify(deep)).toThrow(RangeError);
  expect(isTooDeep(deep)).toBe(true);
  expect(writeJson(deep)).toHaveLength(200_000 * 8 + 1);
  expect([isTooDeep([[[1]]], 3), isTooDeep([[[1]]], 2), isTooDeep("text", 0)]).toEqual([false, true, false]);
  const plain = { a: [1, "ä\n\ud800", null, true, {}, []], b: { "": { c: -0.5 } } };
  expect(writeJson(plain)).toBe(JSON.stringify(plain));
});

test("address parts: what another system chose cannot lead elsewhere or break a line", () => {
  expect(["..", ".", "", "\ud800", "a".repeat(1025)].map(pathSegment)).toEqual([null, null, null, null, null]);
  expect([pathSegment("a/../b"), pathSegment("Ü?#")]).toEqual(["a%2F..%2Fb", "%C3%9C%3F%23"]);
  expect(plainName("../../etc/passwd\r\nx", "file")).toBe(".._.._etc_passwd__x");
  expect([plainName("..", "file"), plainName("\ud800", "file"), plainName("a".repeat(999), "file").length]).toEqual([
    "file",
    "_",
    255,
  ]);
  expect([
    plainMime("text/plain; charset=utf-8"),
    plainMime("text"),
    plainMime("a/b\r\nx: y"),
    plainMime(undefined),
  ]).toEqual([
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "application/octet-stream",
    "application/octet-stream",
  ]);
});
