import { conversationId, inboundMessageSchema, partitionOf } from "@dms/protocol";
import { render } from "@dms/rules";
import { makeKeys } from "@dms/streams";
import {
  cutOff,
  lookForRest,
  promote,
  startCluster,
  startReplicaSet,
  type TestCluster,
  until,
  verdict,
} from "@dms/testkit";
import { expect, test } from "vitest";
import { now } from "../e2e/scenario.ts";
import { replicated } from "./forms.ts";

// What durability none states that it can lose, and that it loses nothing else.

const keys = makeKeys("dms");

/** Asks until the answer has been the same for two seconds. An answer that fails is none. */
async function unchanged<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  let last: { answer: Answer; since: number } | undefined;
  await until(
    async () => {
      const answer = await ask();
      if (last?.answer !== answer) last = { answer, since: now() };
      return now() - last.since > 2000;
    },
    { timeoutMs: 60_000, everyMs: 100, describe: () => `it still changes: ${JSON.stringify(last)}` },
  );
  if (last === undefined) throw new Error("nothing was answered");
  return last.answer;
}

test("none: a lost tail loses the messages in it that were confirmed and not shown yet, and nothing else", async () => {
  const servers = await startReplicaSet(1);
  const [primary, behind] = servers;
  if (!primary || !behind) throw new Error("a set has servers");
  const agents = { "think-min-ms": 100, "think-max-ms": 800, "end-probability": 0 };
  const form = replicated(servers, () => behind);
  const cluster = await startCluster({
    workers: 2,
    dispatchers: 1,
    redis: form,
    config: { "chat-mock": { agents }, cluster: { durability: "none" } },
  });
  try {
    const confirmed = async (): Promise<number> => {
      const ledger = await cluster.hub.ledger({ inbound: 999_999_999, outbound: 999_999_999 });
      return ledger.confirmed["whatsapp"] ?? 0;
    };
    const waitFor = (what: string, isSo: () => Promise<boolean>): Promise<void> =>
      until(isSo, { timeoutMs: 60_000, describe: () => what });
    await cluster.hub.startTraffic({ channel: "whatsapp", rate: 25, conversations: 10, seed: 5 });
    await waitFor("nothing flows", async () => (await confirmed()) > 80);
    // From here on what comes is taken and confirmed, and nothing is done with it: no chat server answers.
    for (const chat of cluster.chats) await chat.setFaults([{ operation: "*", kind: "http-status", probability: 1 }]);
    const stalledAt = await confirmed();
    await waitFor("nothing is confirmed", async () => (await confirmed()) > stalledAt + 30);
    await cutOff(behind);
    const taken = await Promise.all(
      [...Array(8).keys()].map(async (p) => Number(await behind.client().get(`${keys.partition(p)}taken:whatsapp`))),
    );
    const cutAt = await confirmed();
    await waitFor("nothing is confirmed any more", async () => (await confirmed()) > cutAt + 40);
    await cluster.hub.stopTraffic();
    const outage = cluster.deeds.begin({ kind: "outage", target: "redis", name: "redis" });
    await primary.kill();
    // What was taken is confirmed still; then the hub will not give it again.
    const lastConfirmed = await unchanged(confirmed);
    await promote(behind, servers);
    cluster.deeds.end(outage);
    for (const chat of cluster.chats) await chat.setFaults([]);
    await cluster.chats[0]?.setAgents({ enabled: false });
    const { inbound } = await cluster.hub.ledger({ inbound: 0, outbound: 999_999_999 });
    const wholeOf = ({ channel, conversationId: id }: (typeof inbound)[number]) => conversationId(channel, id);
    const isOfTail = (row: (typeof inbound)[number]): boolean =>
      row.sequence > (taken[partitionOf(wholeOf(row), 8)] ?? 0);
    // Typing and the like show nothing, so nothing of them can be missed.
    const isShown = ({ message }: (typeof inbound)[number]): boolean =>
      render(inboundMessageSchema.parse(message)).kind === "posts";
    const expected = inbound.filter((row) => row.sequence <= lastConfirmed && isOfTail(row) && isShown(row));
    expect(expected.length).toBeGreaterThan(20);
    const expectedIds = expected.map(({ id }) => id);
    await expectLost(cluster, expectedIds);
  } finally {
    await cluster.stop();
    await form.close();
  }
});

/** Waits for rest, and expects that these messages are lost and nothing else is wrong. */
async function expectLost(cluster: TestCluster, expectedIds: string[]): Promise<void> {
  await until(async () => (await cluster.view.backlog()) === 0, {
    timeoutMs: 90_000,
    describe: () =>
      `inboxes do not empty: ${cluster
        .app("worker-1")
        .events.slice(-8)
        .map((event) => JSON.stringify(event))
        .join("\n")}`,
  });
  await unchanged(async () => {
    const { backlog, missing } = await lookForRest(cluster);
    return `${backlog} entries, missing: ${[...missing.values()].flat().toSorted().join(", ")}`;
  });
  const { findings } = verdict(await cluster.ledgers.read(), { isAtRest: true });
  const others = findings.filter(({ kind }) => kind !== "lost" && kind !== "processed unseen");
  expect(others).toEqual([]);
  const lost = findings.filter(({ kind }) => kind === "lost").map(({ detail }) => /^message (\S+)/.exec(detail)?.[1]);
  expect(new Set(lost)).toEqual(new Set(expectedIds));
  expect(lost).toHaveLength(expectedIds.length);
}
