import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Certificates, createLogger, parseConfig, systemClock } from "@dms/runtime";
import { type Authority, makeAuthority, startRedis, startTlsFront } from "@dms/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { makeKeys } from "./keys.ts";
import { RedisWire } from "./redis-wire.ts";
import { inspect } from "./transitions/inspect.ts";

// Certificates of Redis and of its clients are renewed by another authority while a process runs.

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function secured() {
  const dir = mkdtempSync(join(tmpdir(), "dms-renewal-"));
  open.push(() => rmSync(dir, { recursive: true }));
  const before = makeAuthority(join(dir, "before"));
  const after = makeAuthority(join(dir, "after"), "the next authority");
  const use = (authority: Authority): void => {
    const { cert, key } = authority.issue("dms");
    for (const [from, to] of [
      [authority.ca, "ca.pem"],
      [cert, "cert.pem"],
      [key, "key.pem"],
    ] as const) {
      copyFileSync(from, join(dir, to));
    }
  };
  use(before);
  const redis = await startRedis();
  open.push(() => redis.close());
  const front = await startTlsFront(redis, { ...before.issue("redis"), clientCa: before.ca });
  open.push(() => front.close());
  const text = `redis: { url: "rediss://127.0.0.1:${front.port}", tls: { ca: ca.pem, cert: cert.pem, key: key.pem } }`;
  const loaded = parseConfig(text, { env: {}, file: join(dir, "dms.yaml") });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const certificates = new Certificates({
    clock: systemClock,
    logger: createLogger({ level: "silent", name: "x" }),
  });
  open.push(() => certificates.stop());
  const wire = new RedisWire({
    settings: loaded.config.redis,
    trust: certificates.openRedis(loaded.config.redis),
    durability: "none",
    durabilityTimeoutMs: 1000,
    clock: systemClock,
    onNotice: () => undefined,
  });
  open.push(() => wire.close());
  await wire.open();
  const ask = () => wire.run(inspect, makeKeys("dms").partition(0), null);
  const renewServer = (): void => {
    front.renew(after.issue("redis"));
    front.trust(after.ca);
    front.cut();
  };
  return { ask, certificates, renewServer, renewClient: () => use(after), accepted: () => front.accepted() };
}

test("a connection that is made after the files were renewed uses what they hold then", async () => {
  const { ask, certificates, renewServer, renewClient } = await secured();
  await ask();
  renewClient();
  certificates.refresh();
  renewServer();
  await vi.waitFor(ask, { timeout: 60_000, interval: 20 });
});

test("without a look at the files the renewed server is not trusted", async () => {
  const { ask, certificates, renewServer, renewClient, accepted } = await secured();
  renewClient();
  const before = accepted();
  renewServer();
  await expect(ask()).rejects.toMatchObject({ code: "DMS_REDIS_UNAVAILABLE" });
  expect(accepted()).toBe(before);
  certificates.refresh();
  await vi.waitFor(ask, { timeout: 60_000, interval: 20 });
});
