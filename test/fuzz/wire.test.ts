import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createChatClient } from "../../libs/chat-client/src/chat-client.ts";
import { createHubClient } from "../../libs/hub-client/src/hub-client.ts";
import { systemClock } from "../../libs/runtime/src/clock.ts";
import { createHttpServer } from "../../libs/runtime/src/http-server.ts";
import { createLogger } from "../../libs/runtime/src/logger.ts";
import { createMetrics } from "../../libs/runtime/src/metrics.ts";
import { systemRandom } from "../../libs/runtime/src/random.ts";
import { portParts } from "../../libs/runtime/src/testing/port-parts.ts";
import { feed } from "./campaign.ts";
import { spoiltBytes } from "./hostile.ts";

// What comes over a socket: broken answers to our clients, broken requests to our port.

const state: { answer: Uint8Array } = { answer: Buffer.from("") };
const sockets = new Set<Socket>();
/** Answers every request with the bytes of the case, as they are, and closes. */
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
  socket.once("data", () => socket.end(state.answer));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

const good = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nretry-after: 1\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"confirmedUpTo"\r\n3\r\n:1}\r\n0\r\n\r\n';

test("fuzz: answers on the wire to the hub's and the chat servers' client", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parts = { timeoutMs: 300, clock: systemClock, connections: 4 };
  const hub = createHubClient({ ...parts, url, channelId: "w", clientId: "a", clientSecret: "b" });
  const chat = createChatClient({ ...parts, answerTimeoutMs: 300, servers: [url], service: "s", random: systemRandom });
  const never = new AbortController().signal;
  const handle = { chatId: "c", secureKey: "k", userId: "", alias: "", server: url };
  const token = good('{"access_token":"t","token_type":"Bearer","expires_in":0}');
  const bytes = fc.oneof(spoiltBytes(token), spoiltBytes(good('{"statusCode":0,"messages":[]}')), spoiltBytes(chunked));
  await feed({
    name: "answers on the wire",
    share: 0.08,
    cases: bytes,
    check: async (answer) => {
      state.answer = answer;
      const outcomes = await Promise.all([
        hub.confirm(0, never),
        chat.refresh(handle, 1, never),
        chat.download(handle, { id: "f" }, never),
      ]);
      for (const outcome of outcomes) expect(outcome.ok || outcome.failure.detail !== "").toBe(true);
    },
  });
  await Promise.all([hub.close(), chat.close()]);
});

test("fuzz: requests on the wire to a process's own port", async () => {
  const port = createHttpServer({
    ...portParts(),
    requestsPerSecond: 100_000,
    liveness: { isAlive: () => true, lagMs: () => 0, stop: () => {} },
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics({ hasProcessMetrics: false }),
    logger: createLogger({ level: "silent", name: "x" }),
  });
  const number = await port.listen("127.0.0.1", 0);
  const get = "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
  const put =
    'PUT /admin/log-level HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"level":"debug"}';
  await feed({
    name: "requests on the wire",
    share: 0.07,
    cases: fc.oneof(spoiltBytes(get), spoiltBytes(put), spoiltBytes(get + put)),
    check: async (bytes) => {
      await send(number, bytes);
      expect(await send(number, Buffer.from(get))).toMatch(/^HTTP\/1\.1 200 /);
    },
  });
  await port.stop();
});

/** What comes back before the connection ends; the sender says that it has nothing more to say. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let seen = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("data", (chunk: Buffer) => (seen += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(seen));
  });
}
