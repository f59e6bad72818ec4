import { createServer, type Socket } from "node:net";
import { type RedisSettings, systemClock } from "@dms/runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import { ClusterRoutes } from "./cluster-routes.ts";

const host = "127.0.0.1";
const lastSlot = 16_383;
const half = 8191;
/** For a busy machine; what is waited for comes within a few answers. */
const patience = { timeout: 10_000, interval: 5 };
/** In the first half of the slots. */
const key = "b";

type Slots = [from: number, to: number, port: number][];

/** What a node of a Redis Cluster answers; `isDown` is its own opinion of the cluster. */
interface Opinion {
  slots: Slots;
  isDown: boolean;
}

/** The answer to one command of a connection, as it goes over the wire. */
function answerTo(command: string, { slots, isDown }: Opinion): string {
  const rows = slots.map(([from, to, port]) => `*3\r\n:${from}\r\n:${to}\r\n*2\r\n$9\r\n${host}\r\n:${port}\r\n`);
  if (command === "cluster") return `*${rows.length}\r\n${rows.join("")}`;
  if (command === "info") return "$11\r\nrole:master\r\n";
  if (command === "ping") return "+PONG\r\n";
  return command === "get" && isDown ? "-CLUSTERDOWN The cluster is down\r\n" : "+OK\r\n";
}

/** A node that is nothing but its opinion. */
async function startNode() {
  const opinion: Opinion = { slots: [], isDown: false };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      text += chunk.toString();
      // A command is an array of bulk strings: its last one ends it.
      for (let whole = wholeCommand(text); whole !== null; whole = wholeCommand(text)) {
        text = text.slice(whole.length);
        socket.write(answerTo(whole.split("\r\n")[2]?.toLowerCase() ?? "", opinion));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as { port: number }).port, opinion };
}

function wholeCommand(text: string): string | null {
  const [, count] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (count === undefined) return null;
  return new RegExp(`^\\*\\d+\\r\\n(?:\\$\\d+\\r\\n[^\\r]*\\r\\n){${count}}`).exec(text)?.[0] ?? null;
}

async function openRoutes(ports: number[]): Promise<ClusterRoutes> {
  const nodes = ports.map((port) => ({ host, port }));
  const settings = { mode: "cluster", nodes, connectTimeoutMs: 5000, commandTimeoutMs: 5000, database: 0 };
  const routes = new ClusterRoutes({
    settings: settings as unknown as RedisSettings,
    durabilityTimeoutMs: 5000,
    clock: systemClock,
    onReset: () => undefined,
  });
  onTestFinished(() => routes.close());
  await vi.waitFor(() => routes.open(), patience);
  return routes;
}

/** Asks as a process does that follows what it is told; throws while the answer is a failure. */
async function ask(routes: ClusterRoutes): Promise<number | undefined> {
  const link = routes.linkOf(key);
  try {
    await link.commands.call("get", key);
    return link.node?.port;
  } catch (caught) {
    await routes.follow(caught, link);
    throw caught;
  }
}

test.for([
  [
    "another owner of slots",
    (a: number, b: number): Slots => [
      [0, half, a],
      [half + 1, lastSlot, b],
    ],
  ],
  ["a node that the configuration names", (a: number): Slots => [[0, lastSlot, a]]],
] as const)(
  "a node that the others have lost gives its old slots for ever: %s says whose they are",
  async ([, before]) => {
    const [lost, heir] = [await startNode(), await startNode()];
    lost.opinion.slots = before(lost.port, heir.port);
    heir.opinion.slots = lost.opinion.slots;
    const routes = await openRoutes([lost.port, heir.port]);
    expect(await ask(routes)).toBe(lost.port);
    lost.opinion.isDown = true;
    heir.opinion.slots = [[0, lastSlot, heir.port]];
    await vi.waitFor(async () => expect(await ask(routes)).toBe(heir.port), patience);
  },
);

test("when all nodes say that the cluster is down they are asked all the same, and what they say then counts", async () => {
  const [first, second] = [await startNode(), await startNode()];
  first.opinion.slots = [
    [0, half, first.port],
    [half + 1, lastSlot, second.port],
  ];
  second.opinion.slots = first.opinion.slots;
  const routes = await openRoutes([first.port]);
  first.opinion.isDown = true;
  second.opinion.isDown = true;
  await expect(ask(routes)).rejects.toThrow("CLUSTERDOWN");
  first.opinion.isDown = false;
  await vi.waitFor(async () => expect(await ask(routes)).toBe(first.port), patience);
});
