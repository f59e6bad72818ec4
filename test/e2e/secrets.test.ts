import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { atRest, startCluster, type TestCluster, until } from "@dms/testkit";
import { expect, test } from "vitest";

/** What must never be in a log, whatever its level. */
const secrets = {
  "the hub's client secret": "planted-hub-secret",
  "the chat servers' key": "planted-chat-key",
  "the chat servers' password": "planted-chat-password",
  "the admin token": "planted-admin-token",
  "a wrong token that somebody tried": "planted-wrong-token",
  "Redis's password": "planted-redis-password",
};
/** Words of customers and agents: never at the default level. */
const texts = {
  "a customer's text": "PLANTED-CUSTOMER",
  "an agent's text": "PLANTED-AGENT",
  "a broken message": "PLANTED-BROKEN",
};
/** Test numbers of card brands; none belongs to anybody. */
const cards = ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005"];

const samples = fileURLToPath(new URL("../../docs/samples/logging-filter-default.json", import.meta.url));

/** What must have happened, or the run has shown nothing. */
const troubles = [
  "message-shown",
  "message-malformed",
  "post-failed",
  "reply-refused",
  "admin.refused",
  "supervisor.child-died",
  "redis-failed",
];

function options() {
  return {
    workers: 0,
    dispatchers: 0,
    chatServers: 2,
    isSupervised: true,
    redis: {
      appendOnly: "always" as const,
      args: ["--user", "dms", "on", `>${secrets["Redis's password"]}`, "~*", "&*", "+@all"],
    },
    config: {
      cluster: { durability: "fsync" },
      redis: { username: "dms", password: secrets["Redis's password"] },
      "hub-mock": { "client-secret": secrets["the hub's client secret"] },
      "chat-mock": { agents: { "think-min-ms": 100, "think-max-ms": 400, "end-probability": 0 } },
      chat: {
        headers: { "x-api-key": secrets["the chat servers' key"] },
        username: "dms",
        password: secrets["the chat servers' password"],
      },
      http: { host: "127.0.0.1", port: 0, "admin-token": secrets["the admin token"] },
      "log-filter": { "logging-filter-spec": samples },
    },
  };
}

const restMsMax = 90_000;

/** Members that know the hub's secret, which the kit's own configuration does not. */
async function hireMembers(cluster: TestCluster): Promise<void> {
  const config = JSON.parse(readFileSync(cluster.configFile, "utf8")) as { "channel-whatsapp": { hub: object } };
  Object.assign(config["channel-whatsapp"].hub, { "client-secret": secrets["the hub's client secret"] });
  const file = join(cluster.dir, "members.yaml");
  writeFileSync(file, JSON.stringify(config));
  const args = ["--config", file];
  await Promise.all([cluster.addDispatcher({ args }), cluster.addWorker({ args }), cluster.addWorker({ args })]);
}

let written = 0;

/** Customers write texts and card numbers into four conversations. */
async function customersWrite(cluster: TestCluster, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const said = { conversationId: `c${i % 4}`, type: "text", from: { id: `u${i % 4}` }, to: { id: "b" } };
    const text = `${texts["a customer's text"]} ${++written} my card is ${cards[i % cards.length]}`;
    await cluster.hub.receive("whatsapp", [{ ...said, sentAt: new Date().toISOString(), text }]);
  }
}

async function agentsWrite(cluster: TestCluster): Promise<void> {
  const [chat] = cluster.chats;
  for (const { chatId } of (await chat?.sessions()) ?? [])
    await chat?.say(chatId, `${texts["an agent's text"]} ${cards[0]}`);
}

/** All that every process has written since `from`, bytes by file; and how many lines of JSON. */
function logsOf(
  cluster: TestCluster,
  from = new Map<string, number>(),
): { text: string; lines: number; sizes: Map<string, number> } {
  const sizes = new Map<string, number>();
  const parts = readdirSync(cluster.dir).filter((file) => file.endsWith(".log"));
  const text = parts
    .map((file) => {
      const bytes = readFileSync(join(cluster.dir, file));
      sizes.set(file, bytes.length);
      return bytes.subarray(from.get(file) ?? 0).toString();
    })
    .join("\n");
  return { text, lines: text.split("\n").filter((line) => line.startsWith("{")).length, sizes };
}

function found(text: string, planted: Record<string, string>): string[] {
  return Object.entries(planted)
    .filter(
      ([, value]) =>
        text.includes(value) || text.includes(Buffer.from(value).toString("base64").replace(/=+$/, "").slice(2, -2)),
    )
    .map(([what]) => what);
}

/** Everything that makes processes talk: refusals that quote, lost replies, broken messages, deaths, wrong tokens. */
async function makeTrouble(cluster: TestCluster): Promise<void> {
  await cluster.hub.setFaults([
    { operation: "*", kind: "status", probability: 0.2, status: 400 },
    { operation: "*", kind: "lose-reply", probability: 0.1 },
  ]);
  for (const chat of cluster.chats) {
    await chat.setFaults([
      { operation: "*", kind: "http-status", probability: 0.15, httpStatus: 500 },
      { operation: "send", kind: "lose-reply", probability: 0.1 },
      { operation: "send", kind: "reject", probability: 0.1 },
    ]);
  }
  const broken = {
    conversationId: "c1",
    type: "hologram",
    from: 5,
    text: `${texts["a broken message"]} ${cards[1]}`,
    password: "x",
  };
  await cluster.hub.receive("whatsapp", [broken], { isUnchecked: true });
  await customersWrite(cluster, 60);
  await agentsWrite(cluster);
  for (const path of ["/admin/log-level", "/nothing?token=planted-wrong-token"]) {
    await adminCall(cluster, "worker-2", { path, token: secrets["a wrong token that somebody tried"] });
  }
  // Faults strike by chance: everybody goes on talking until each kind has struck.
  const struck = ["message-malformed", "post-failed", "reply-refused"];
  const haveStruck = (): boolean => {
    const { text } = logsOf(cluster);
    return struck.every((event) => text.includes(`"event":"${event}"`));
  };
  await until(
    async () => {
      if (haveStruck()) return true;
      await customersWrite(cluster, 4);
      await agentsWrite(cluster);
      return false;
    },
    { timeoutMs: 60_000, everyMs: 1000, describe: () => `not all of ${struck.join(", ")} have happened` },
  );
  cluster.app("worker-1").kill("SIGKILL");
  await cluster.redis?.kill();
  await cluster.redis?.start();
  await cluster.hub.setFaults([]);
  for (const chat of cluster.chats) await chat.setFaults([]);
  await customersWrite(cluster, 8);
}

async function adminCall(
  cluster: TestCluster,
  app: string,
  call: { path: string; token: string; body?: unknown },
): Promise<number> {
  const { port } = cluster.app(app);
  const response = await fetch(`http://127.0.0.1:${port}${call.path}`, {
    method: call.body === undefined ? "GET" : "PUT",
    headers: { authorization: `Bearer ${call.token}`, "content-type": "application/json" },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  await response.body?.cancel();
  return response.status;
}

/** Everybody's log as loud as it gets; a worker that was killed may still be on its way back. */
async function allAtTrace(cluster: TestCluster): Promise<void> {
  const call = { path: "/admin/log-level", token: secrets["the admin token"], body: { level: "trace" } };
  for (const app of ["worker-1", "worker-2", "dispatcher-1"]) {
    await until(async () => (await adminCall(cluster, app, call)) === 200, {
      timeoutMs: 60_000,
      describe: () => `${app} does not take another level`,
    });
  }
}

test("logs: no planted secret, text or card number in the logs of a whole run with faults; at trace texts, but no secret and no card", async () => {
  const cluster = await startCluster(options());
  try {
    await hireMembers(cluster);
    await customersWrite(cluster, 40);
    await atRest(cluster, restMsMax);
    await agentsWrite(cluster);
    await makeTrouble(cluster);
    await atRest(cluster, restMsMax);
    const calm = logsOf(cluster);
    expect(found(calm.text, { ...secrets, ...texts })).toEqual([]);
    expect(cards.filter((card) => calm.text.includes(card))).toEqual([]);
    expect(calm.lines).toBeGreaterThan(100);
    const missing = troubles.filter((event) => !calm.text.includes(`"event":"${event}"`));
    expect(missing).toEqual([]);
    // The same eyes see texts where they may be: at trace every call is written down, through the filters.
    await allAtTrace(cluster);
    await customersWrite(cluster, 12);
    await atRest(cluster, restMsMax);
    await agentsWrite(cluster);
    const sawBoth = (): boolean => {
      const { text } = logsOf(cluster, calm.sizes);
      return text.includes(texts["a customer's text"]) && text.includes(texts["an agent's text"]);
    };
    await until(sawBoth, { timeoutMs: 30_000, describe: () => "no call was written down at trace" });
    const loud = logsOf(cluster, calm.sizes);
    expect(found(loud.text, secrets)).toEqual([]);
    expect(cards.filter((card) => loud.text.includes(card))).toEqual([]);
    expect(loud.text).toContain("************1111");
    console.log(`planted secrets: ${calm.lines} lines at info, ${loud.lines} at trace, ${cluster.apps.size} processes`);
  } finally {
    await cluster.stop();
  }
});
