import { atRest, startCluster, type TestCluster, verdict } from "@dms/testkit";
import { afterEach, expect, test } from "vitest";

let cluster: TestCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

test("a calm cluster shows every message once and in order, and brings every reply to the hub", async () => {
  cluster = await startCluster({
    workers: 2,
    dispatchers: 1,
    chatServers: 2,
    config: { "chat-mock": { agents: { "think-min-ms": 100, "think-max-ms": 600 } } },
  });
  await cluster.hub.startTraffic({ channel: "whatsapp", rate: 30, conversations: 15, seconds: 10, seed: 7 });
  const history = await atRest(cluster, 60_000);
  const judged = verdict(history, { isAtRest: true });
  expect(judged.findings).toEqual([]);
  expect(judged.compared.messages).toBeGreaterThan(150);
  expect(judged.compared.replies).toBeGreaterThan(50);
  // Nobody was hurt, so every process still has its counters.
  expect(judged.judged.I16).toBe(1);
  expect(history.deadLetters).toBe(0);
});
