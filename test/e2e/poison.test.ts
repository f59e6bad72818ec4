import { conversationId } from "@dms/protocol";
import type { Stage } from "./scenario.ts";
import { expect, test } from "vitest";
import { play, quickAgents } from "./scenario.ts";

const customer = { id: "poisoner", name: "Poisoner" };
const business = { id: "+4930123456" };

function write({ cluster }: Stage, texts: readonly string[]): Promise<unknown> {
  return cluster.hub.receive(
    "whatsapp",
    texts.map((text) => ({ conversationId: "poisoned", type: "text", from: customer, to: business, text })),
  );
}

test("a message that the chat server refuses goes to the dead letters, and its conversation goes on", async () => {
  const { history } = await play({
    cluster: { workers: 2, dispatchers: 1 },
    disturbed: () => [conversationId("whatsapp", "poisoned")],
    harm: async (stage) => {
      for (const chat of stage.cluster.chats) {
        await chat.setFaults([{ operation: "send", kind: "reject", probability: 1, match: "refused-poison" }]);
      }
      await write(stage, ["before it", "this is refused-poison", "after it"]);
      await stage.flow(80);
    },
  });
  const dead = [...history.conversations.values()].flatMap((conversation) => conversation.dead);
  expect(dead.map(({ reason }) => reason)).toEqual(["rejected"]);
});

test("a message that kills its worker is buried after a few deaths, and no innocent neighbour with it", async () => {
  const poisoned = new URL("./faults/die-of-poison.ts", import.meta.url).href;
  const env = { NODE_OPTIONS: `--import=${poisoned}` };
  const { history } = await play({
    cluster: {
      workers: 0,
      dispatchers: 1,
      config: { ...quickAgents, worker: { "deliveries-max": 2 } },
      isSupervised: true,
    },
    prepare: (cluster) => Promise.all([cluster.addWorker({ env }), cluster.addWorker({ env })]),
    restMsMax: 120_000,
    harm: async (stage) => {
      await write(stage, ["before it", "this is deadly-poison", "after it"]);
      await stage.flow(60);
    },
  });
  const dead = [...history.conversations.values()].flatMap((conversation) => conversation.dead);
  expect(dead.map(({ reason }) => reason)).toEqual(["crashing"]);
});

test("messages that break the contract go to the dead letters and stop nothing", async () => {
  const { history } = await play({
    cluster: { workers: 1, dispatchers: 1 },
    harm: async ({ cluster, flow }) => {
      await cluster.hub.receive("whatsapp", [{ conversationId: "odd", type: "hologram", from: "nobody" }], {
        isUnchecked: true,
      });
      await flow(60);
    },
  });
  expect(history.deadLetters).toBe(1);
});
