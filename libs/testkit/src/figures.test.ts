import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { readFigures, samplesIn } from "./figures.ts";

test("samples are read with their labels, comments and blank lines are not", () => {
  const text = '# HELP a_total x\n# TYPE a_total counter\na_total{channel="wa",outcome="shown"} 3\nb 0.5\n\n';
  expect(samplesIn(text)).toEqual([
    { name: "a_total", labels: { channel: "wa", outcome: "shown" }, value: 3 },
    { name: "b", labels: {}, value: 0.5 },
  ]);
});

test.each([
  ["nothing", "", true],
  ["no reset yet", "dms_redis_resets_total 0", true],
  ["a reset", "dms_redis_resets_total 8", false],
  ["an accept without an answer", 'dms_fetch_failures_total{channel="wa",operation="accept",code="x"} 1', false],
  ["a fetch without an answer", 'dms_fetch_failures_total{channel="wa",operation="fetch",code="x"} 1', true],
])("figures of processes of which one tells of %s: whole %#", async (_, line, isComplete) => {
  const server = createServer((_request, response) => response.end(`${line}\n`)).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const app = { app: "worker-1", pid: 1, port: (server.address() as AddressInfo).port };
    expect(await readFigures([app as AppProcess])).toMatchObject({ isComplete });
  } finally {
    server.close();
  }
});
