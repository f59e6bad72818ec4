import { expect, test } from "vitest";
import { Faults } from "./faults.ts";
import { SeededRandom } from "./seeded-random.ts";
import { reply, type RunningHub, startHub, until } from "./testing/running-hub.ts";

const path = "/v1/channels/whatsapp/messages";

function put({ call }: RunningHub, faults: object[]) {
  return call("/admin/faults", { method: "PUT", json: { faults } });
}

function send({ call }: RunningHub, key: string) {
  return call(path, { method: "POST", json: reply, headers: { "idempotency-key": key } });
}

test("faults: a lost reply was executed, and trying again gives the first answer", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "send", kind: "lose-reply", probability: 1, times: 1 }]);
  await expect(send(hub, "k1")).rejects.toThrow("fetch failed");
  expect((await hub.ledger()).outbound).toHaveLength(1);
  const again = await send(hub, "k1");
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
  expect((await hub.call("/admin/faults")).body.faults).toMatchObject([{ kind: "lose-reply", struck: 1 }]);
});

test("faults: what was refused does not use up a lost reply", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "send", kind: "lose-reply", probability: 1, times: 1 }]);
  expect((await hub.call(path, { method: "POST", json: reply })).status).toBe(400);
  await expect(send(hub, "k1")).rejects.toThrow("fetch failed");
});

test("faults: a cut before has no effect", async () => {
  const hub = await startHub();
  await hub.receive("a");
  await put(hub, [{ operation: "confirm", kind: "cut-before", probability: 1 }]);
  await expect(hub.call(`${path}/confirm`, { method: "POST", json: { upTo: 1 } })).rejects.toThrow("fetch failed");
  expect((await hub.ledger()).confirmed).toEqual({ whatsapp: 0 });
  expect((await send(hub, "k1")).status).toBe(202);
  await hub.call("/admin/faults", { method: "DELETE" });
  expect((await hub.call(`${path}/confirm`, { method: "POST", json: { upTo: 1 } })).status).toBe(200);
});

test("faults: a lost reply of a waiting fetch leaves the message to be fetched again", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "fetch", kind: "lose-reply", probability: 1, times: 1 }]);
  const waiting = hub.call(`${path}?waitMs=1000`);
  const outcome = Promise.allSettled([waiting]);
  await until(() => hub.mock.waiting() === 1);
  await hub.receive("a");
  expect(await outcome).toMatchObject([{ status: "rejected" }]);
  expect((await hub.call(path)).body.messages).toHaveLength(1);
});

test("faults: a star strikes every operation, a status says when to come back", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "*", kind: "status", probability: 1, status: 429 }]);
  for (const at of [path, "/v1/media/none"]) {
    const answer = await hub.call(at);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "1"]);
  }
  expect((await hub.call("/oauth/token", { method: "POST" })).status).toBe(429);
});

test("faults: latency holds the request until its time has passed", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "send", kind: "latency", probability: 1, latencyMs: 700 }]);
  const sending = send(hub, "k1");
  await until(() => hub.clock.pending === 1);
  hub.clock.advance(699);
  expect(hub.mock.ledger.outbound).toHaveLength(0);
  hub.clock.advance(1);
  expect((await sending).status).toBe(202);
});

test("faults: what makes no sense is refused and changes nothing", async () => {
  const hub = await startHub();
  await put(hub, [{ operation: "send", kind: "status", probability: 0 }]);
  for (const fault of [
    { operation: "send", kind: "explode", probability: 1 },
    { operation: "send", kind: "latency", probability: 1 },
    { operation: "send", kind: "status", probability: 2 },
  ]) {
    expect((await put(hub, [fault])).status).toBe(400);
  }
  expect((await hub.call("/admin/faults")).body.faults).toHaveLength(1);
});

test("faults: a seed strikes the same requests again, about as often as it should", () => {
  const strikes = (seed: number): boolean[] => {
    const faults = new Faults(new SeededRandom(seed));
    faults.replace([{ operation: "send", kind: "lose-reply", probability: 0.25 }]);
    return Array.from({ length: 1000 }, () => faults.losesReply("send"));
  };
  expect(strikes(7)).toEqual(strikes(7));
  expect(strikes(7)).not.toEqual(strikes(8));
  const count = strikes(7).filter(Boolean).length;
  expect(count).toBeGreaterThan(200);
  expect(count).toBeLessThan(300);
});
