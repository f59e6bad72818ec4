import { type AppProcess, atRest, startCluster, type TestCluster, until, verdict } from "@dms/testkit";
import { expect, test } from "vitest";

const customer = { id: "customer", name: "Ann" };
const business = { id: "+4930123456" };
const conversations = 6;
const messagesEach = 4;

/** Messages of which a chat server without mercy refuses every second one. */
const texts = Array.from({ length: conversations * messagesEach }, (_, i) =>
  i % 2 === 0 ? `message ${i}` : `message ${i}, too rude`,
);

async function admin(app: AppProcess, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${app.port}/admin/jobs${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(5000),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** The answer as soon as the process gives one: its queue opens by itself, a moment after it is ready. */
async function patiently(ask: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  let answer: Record<string, unknown> = {};
  const isAnswered = async (): Promise<boolean> => {
    answer = await ask();
    return true;
  };
  await until(() => isAnswered().catch(() => false), { timeoutMs: 30_000, describe: () => "no answer of /admin/jobs" });
  return answer;
}

/** Waits until a job has ended, whichever process does it. */
async function ended(app: AppProcess, id: string): Promise<Record<string, unknown>> {
  let card: Record<string, unknown> = {};
  const isEnded = async (): Promise<boolean> => {
    card = await patiently(() => admin(app, `/${id}`));
    return card["endedAt"] !== null;
  };
  await until(isEnded, { timeoutMs: 60_000, describe: () => `job ${id}: ${JSON.stringify(card)}` });
  return card;
}

/** Has every second message of all conversations refused until it lies in the dead letters. */
async function buryHalf(cluster: TestCluster): Promise<void> {
  const refusal = { operation: "send", kind: "reject", probability: 1, match: "too rude" } as const;
  for (const chat of cluster.chats) await chat.setFaults([refusal]);
  const messages = texts.map((text, i) => ({
    conversationId: `c${i % conversations}`,
    type: "text",
    from: customer,
    to: business,
    text,
    sentAt: new Date().toISOString(),
  }));
  await cluster.hub.receive("whatsapp", messages);
  const history = await atRest(cluster, 60_000);
  expect(history.deadLetters).toBe(texts.length / 2);
  for (const chat of cluster.chats) await chat.setFaults([]);
}

const quiet = { "chat-mock": { agents: { "reply-probability": 0, "end-probability": 0 } } };

test("an operator has dead letters shown after all, although the dispatcher that was asked is stopped on the way", async () => {
  const cluster = await startCluster({ workers: 2, dispatchers: 2, config: quiet });
  try {
    await buryHalf(cluster);
    const [one, two] = [cluster.app("dispatcher-1"), cluster.app("dispatcher-2")];
    const dry = await patiently(() => admin(one, "", { job: "redrive", "dry-run": true }));
    const counted = { state: "completed", result: { matched: 12, outcomes: { rejected: 12 } } };
    expect(await ended(two, String(dry["id"]))).toMatchObject(counted);
    // Partition by partition, each with its pause: slow enough to be stopped in the middle.
    const id = String((await admin(one, "", { job: "redrive", "per-second": 2 }))["id"]);
    const isBegun = async (): Promise<boolean> => Number((await admin(two, `/${id}`))["runs"]) > 0;
    await until(isBegun, { timeoutMs: 20_000, describe: () => "the job does not begin" });
    await one.stop();
    const card = await ended(two, id);
    expect(card).toMatchObject({ state: "completed", result: { matched: 12, outcomes: { redriven: 12 } } });
    const history = await atRest(cluster, 60_000);
    expect(history.deadLetters).toBe(0);
    const shown = [...history.conversations.values()].flatMap((each) => each.shown.map(({ text }) => text));
    expect(shown.toSorted()).toEqual(texts.toSorted());
    // What came back is no longer where the hub had it, and was seen as neither shown nor waiting; else nothing may differ.
    const expected = new Set(["out of order", "figures differ", "processed unseen"]);
    expect(verdict(history, { isAtRest: true }).findings.filter(({ kind }) => !expected.has(kind))).toEqual([]);
  } finally {
    await cluster.stop();
  }
});

test("an operator has dead letters deleted, and `single` does jobs as a dispatcher does", async () => {
  const cluster = await startCluster({ workers: 0, dispatchers: 0, singles: 1, config: quiet });
  try {
    await buryHalf(cluster);
    const single = cluster.app("single-1");
    const { id } = await patiently(() => admin(single, "", { job: "discard", reasons: ["rejected"], "count-max": 5 }));
    const result = { matched: 5, outcomes: { discarded: 5 } };
    expect(await ended(single, String(id))).toMatchObject({ state: "completed", result });
    const rest = await admin(single, "", { job: "discard", reasons: ["rejected"], "dry-run": true });
    expect(await ended(single, String(rest["id"]))).toMatchObject({
      result: { matched: 7, outcomes: { rejected: 7 } },
    });
    const scraped = await fetch(`http://127.0.0.1:${single.port}/metrics`);
    expect(await scraped.text()).toMatch(/^dms_job_runs_total\{job="discard",outcome="completed"\} 2$/m);
  } finally {
    await cluster.stop();
  }
});
