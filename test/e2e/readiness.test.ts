import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppName, freePort, spawnApp, startRedis } from "@dms/testkit";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";

// What `/readyz` says of a process without Redis: at the start, and once it has run.

const dir = mkdtempSync(join(tmpdir(), "dms-readiness-"));
afterAll(() => rmSync(dir, { recursive: true }));

const password = "hunter2-of-before";

function configFor(app: AppName, redisPort: number): string {
  const hub = { url: "http://127.0.0.1:1", "client-id": "dms", "client-secret": "secret", "channel-id": "whatsapp" };
  const redis = { nodes: [`127.0.0.1:${redisPort}`], username: "dms", password };
  const chat = { servers: ["http://127.0.0.1:1/genesys"] };
  const http = { host: "127.0.0.1", port: 0 };
  const configFile = join(dir, `${app}.yaml`);
  writeFileSync(configFile, JSON.stringify({ redis, "channel-whatsapp": { hub }, chat, http }));
  return configFile;
}

test.for(["worker", "dispatcher", "single"] as const)(
  "readiness: a %s says why it waits for Redis, and later why it has no lease, each once",
  async (app) => {
    const port = await freePort();
    const running = spawnApp({ app, configFile: configFor(app, port) });
    onTestFinished(async () => void (await running.destroy()));
    await running.waitFor("http.listening", 30_000);
    const says = async (reasons: string[]): Promise<void> =>
      vi.waitFor(
        async () => {
          const answer = await fetch(`http://127.0.0.1:${running.port}/readyz`);
          expect(await answer.json()).toEqual({ ready: reasons.length === 0, reasons });
        },
        { timeout: 30_000, interval: 50 },
      );
    const place = `127.0.0.1:${port}`;
    await says([
      "starting",
      `waiting for Redis: Redis does not answer at ${place} (ECONNREFUSED): start it, or correct redis.nodes or redis.url`,
    ]);
    const redis = await startRedis({ port, args: ["--user", "dms", "on", `>${password}`, "~*", "&*", "+@all"] });
    onTestFinished(() => redis.close());
    await says([]);
    const operator = redis.client();
    await operator.call("acl", "setuser", "dms", "resetpass", ">another");
    await operator.call("client", "kill", "type", "normal");
    await says([
      "no lease: not a member of the cluster now",
      `Redis at ${place} refuses user dms: correct redis.username and redis.password, or the server's ACL`,
    ]);
    await operator.call("acl", "setuser", "dms", `>${password}`);
    await says([]);
  },
);
