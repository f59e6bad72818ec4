import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { until } from "@dms/testkit";
import { afterEach, expect, test } from "vitest";
import { MemberCounts } from "./member-counts.ts";
import type { Told } from "./tally.ts";

const servers: Server[] = [];
const stopped: string[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  stopped.length = 0;
});

/** Stands for the members that run, each with what it counts now; null is one that does not answer. */
type Members = Map<string, Told | null>;

/** Opens a port that speaks for the member `name`, as it is now. */
async function open(members: Members, name: string): Promise<{ port: number; stop: () => void }> {
  const server = createServer((_request, response) => {
    const told = members.get(name) ?? null;
    if (told === null) return void response.writeHead(503).end();
    response.end(
      `# TYPE dms_messages_total counter\ndms_messages_total{outcome="shown"} ${told.shown}\n` +
        `dms_messages_total{outcome="dead"} 7\ndms_duplicates_suppressed_total ${told.suppressed}\n`,
    );
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, stop: () => stopped.push(name) };
}

function countsOf(members: Members): MemberCounts {
  return new MemberCounts({ list: () => Promise.resolve([...members.keys()]), open: (name) => open(members, name) });
}

async function reads(counts: MemberCounts, expected: Told): Promise<void> {
  let told: Told | undefined;
  const isRead = async (): Promise<boolean> => {
    told = await counts.read();
    return told.shown === expected.shown && told.suppressed === expected.suppressed;
  };
  await until(isRead, { timeoutMs: 5000, describe: () => `${JSON.stringify(told)} is told` });
}

test("what members say is summed up, and stays when they go", async () => {
  const members: Members = new Map([
    ["w1", { shown: 10, suppressed: 0 }],
    ["w2", { shown: 5, suppressed: 2 }],
  ]);
  const counts = countsOf(members);
  await reads(counts, { shown: 15, suppressed: 2 });
  members.delete("w1");
  members.set("w2", { shown: 8, suppressed: 2 });
  members.set("w3", { shown: 1, suppressed: 0 });
  await reads(counts, { shown: 19, suppressed: 2 });
  expect(stopped).toEqual(["w1"]);
});

test("a process that was started again under its name begins at nothing", async () => {
  const members: Members = new Map([["w1", { shown: 10, suppressed: 1 }]]);
  const counts = countsOf(members);
  await reads(counts, { shown: 10, suppressed: 1 });
  members.set("w1", { shown: 4, suppressed: 0 });
  await reads(counts, { shown: 14, suppressed: 1 });
});

test("a member that does not answer is asked again", async () => {
  const members: Members = new Map([["w1", { shown: 10, suppressed: 0 }]]);
  const counts = countsOf(members);
  await reads(counts, { shown: 10, suppressed: 0 });
  members.set("w1", null);
  await expect(counts.read()).resolves.toEqual({ shown: 10, suppressed: 0 });
  members.set("w1", { shown: 12, suppressed: 3 });
  await expect(counts.read()).resolves.toEqual({ shown: 12, suppressed: 3 });
});
