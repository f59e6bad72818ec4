import type { MemberId } from "@dms/protocol";
import { type Config, createLogger, parseConfig, systemClock, systemRandom } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import { expect, onTestFinished, test } from "vitest";
import { makeDeathReport } from "./death-report.ts";
import { openStores } from "./stores.ts";

async function stand(): Promise<{
  redis: RedisServer;
  context: Parameters<ReturnType<typeof makeDeathReport>["prepare"]>[0];
}> {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const logger = createLogger({ level: "error", name: "x", destination: { write: () => undefined } });
  return { redis, context: { config: configFor(redis), logger, clock: systemClock, random: systemRandom } };
}

function configFor({ port }: RedisServer): Config {
  const text = `settings: { app-name: x }
redis: { url: "redis://127.0.0.1:${port}" }
cluster: { name: dms, partitions: 1 }
chat: { servers: ["http://chat"] }
channel-sms: { hub: { url: "http://hub", client-id: dms, client-secret: secret } }
`;
  const loaded = parseConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

async function connections(redis: RedisServer): Promise<number> {
  const client = redis.client();
  const list = String(await client.client("LIST"));
  client.disconnect();
  return list.split("\n").filter((line) => line.includes(" name=dms")).length;
}

test("a prepared report has its connection before the first death, and the first report opens none", async () => {
  const { redis, context } = await stand();
  const { prepare, report } = makeDeathReport();
  expect(await connections(redis)).toBe(0);
  await prepare(context);
  const prepared = await connections(redis);
  expect(prepared).toBeGreaterThan(0);
  const stores = await openStores({ ...context, onNotice: () => undefined });
  onTestFinished(() => stores.close());
  const others = (await connections(redis)) - prepared;
  const card = { name: "w", role: "worker", address: "", version: "", capacity: 0, instance: "" } as const;
  await stores.registry.join({ ...card, member: "w.1" as MemberId });
  await report({ member: "w.1" }, context);
  expect(await connections(redis)).toBe(prepared + others);
  const { members } = await stores.registry.survey();
  expect(members).toMatchObject([{ member: "w.1", state: "dead", cause: "exit-seen" }]);
});
