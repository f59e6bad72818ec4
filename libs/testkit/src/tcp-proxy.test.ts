import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { until } from "./condition.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** A server that answers every line with the same in capitals, and counts what reached it. */
async function echo(): Promise<{ server: Server; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      heard.push(chunk.toString());
      socket.write(chunk.toString().toUpperCase());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => server.close());
  return { server, heard };
}

async function stand(): Promise<{ proxy: TcpProxy; client: Socket; heard: string[]; got: () => string }> {
  const { server, heard } = await echo();
  const proxy = await startTcpProxy({ port: (server.address() as AddressInfo).port });
  const client = connect({ host: "127.0.0.1", port: proxy.port });
  client.on("error", () => undefined);
  await once(client, "connect");
  endings.push(
    () => proxy.close(),
    () => client.destroy(),
  );
  let text = "";
  client.on("data", (chunk) => (text += chunk.toString()));
  return { proxy, client, heard, got: () => text };
}

/** `once` would fail of the error that comes first. */
const closing = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
const arrives = (isTrue: () => boolean) =>
  until(isTrue, { timeoutMs: 5000, everyMs: 5, describe: () => "nothing came" });

test("an open proxy lets both ways through", async () => {
  const { client, got } = await stand();
  client.write("a");
  await arrives(() => got() === "A");
});

test("a stalled one lets nothing through, and after healing everything arrives, in order", async () => {
  const { proxy, client, heard, got } = await stand();
  proxy.stall();
  client.write("a");
  // Another line that is not stalled tells that time enough went by.
  const other = await stand();
  other.client.write("x");
  await arrives(() => other.got() === "X");
  expect(heard).toEqual([]);
  client.write("b");
  proxy.heal();
  await arrives(() => got() === "AB");
});

test("a deaf one lets requests through and no answers: the effect happens, its outcome stays unknown", async () => {
  const { proxy, client, heard, got } = await stand();
  proxy.deafen();
  client.write("a");
  await arrives(() => heard.length === 1);
  expect(got()).toBe("");
  proxy.heal();
  await arrives(() => got() === "A");
});

test("a slow one delays, and keeps the order", async () => {
  const { proxy, client, got } = await stand();
  proxy.slow(60);
  const startedAt = performance.now();
  client.write("a");
  client.write("b");
  await arrives(() => got() === "AB");
  expect(performance.now() - startedAt).toBeGreaterThan(100);
});

test("a cut one breaks connections and new ones, until it heals", async () => {
  const { proxy, client } = await stand();
  const closed = closing(client);
  proxy.cut();
  await closed;
  const refused = connect({ host: "127.0.0.1", port: proxy.port });
  refused.on("error", () => undefined);
  await closing(refused);
  proxy.heal();
  const back = connect({ host: "127.0.0.1", port: proxy.port });
  endings.push(() => back.destroy());
  back.write("c");
  const [chunk] = (await once(back, "data")) as [Buffer];
  expect(chunk.toString()).toBe("C");
});
