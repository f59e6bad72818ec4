import { createServer } from "node:net";
import { once } from "node:events";
import { freePort } from "@dms/testkit";
import { expect, test } from "vitest";
import { publicUrl, requireRedis } from "./foreign-redis.ts";

test("a Redis that is not there is named with its cause in one line, without the password", async () => {
  const port = await freePort();
  const asked = requireRedis(`redis://me:secret@127.0.0.1:${port}/2`);
  await expect(asked).rejects.toThrow(
    new RegExp(`^cannot use the Redis at redis://me@127\\.0\\.0\\.1:${port}/2 \\(.*\\): connect ECONNREFUSED [^\\n]*$`),
  );
});

test("a server that speaks something else is no Redis", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  try {
    await expect(requireRedis(`redis://127.0.0.1:${port}`)).rejects.toThrow(/^cannot use the Redis at [^\n]+$/);
  } finally {
    server.close();
  }
});

test("neither password nor query is shown of a URL", () => {
  expect(publicUrl("rediss://:secret@host:6380?password=secret")).toBe("rediss://host:6380");
});
