import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { freePort } from "./free-port.ts";

/** The fraction that makes `freePort` try this port first. */
const towards = (port: number): number => (port - 10_000 + 0.5) / (32_768 - 10_000);

/** A server on a port of the same range that nobody has marked. */
async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  for (let port = 20_000; port < 21_000; port++) {
    const server = createServer().listen(port, "127.0.0.1");
    const isListening = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (isListening) return { server, port };
  }
  throw new Error("a thousand ports are taken");
}

test("a port is given once, although nobody listens on it yet", async () => {
  const port = await freePort();
  vi.spyOn(Math, "random").mockReturnValueOnce(towards(port));
  expect(await freePort()).not.toBe(port);
});

test("another process is not given it either", async () => {
  const port = await freePort();
  const script = `
    Math.random = ((first) => { const others = Math.random; return () => (first ? ((first = false), ${towards(port)}) : others()); })(true);
    const { freePort } = await import(${JSON.stringify(fileURLToPath(new URL("free-port.ts", import.meta.url)))});
    console.log(await freePort());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  expect(Number(stdout)).toBeGreaterThanOrEqual(10_000);
  expect(Number(stdout)).not.toBe(port);
});

test("a port on which somebody listens is passed over", async () => {
  const { server, port } = await listenSomewhere();
  vi.spyOn(Math, "random").mockReturnValueOnce(towards(port));
  expect(await freePort()).not.toBe(port);
  server.close();
});

test("the system does not give it to a connection", async () => {
  const range = /^(\d+)/.exec(readRange())?.[1] ?? "32768";
  expect(await freePort()).toBeLessThan(Number(range));
});

function readRange(): string {
  try {
    return readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  } catch {
    return "";
  }
}
