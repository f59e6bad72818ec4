import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RedisServer } from "@dms/testkit";
import { between, type Nemesis, type Stage } from "../nemesis.ts";

function serverOf({ redis }: Stage): RedisServer {
  if (redis === undefined) throw new Error("this run has no Redis of one server");
  return redis;
}

async function downFor(stage: Stage, ms: number): Promise<void> {
  const server = serverOf(stage);
  stage.note(`kill -9 Redis, for ${ms} ms`);
  await server.kill();
  await stage.lasts(ms);
  await server.start();
  stage.note("Redis is back");
}

async function configure(server: RedisServer, option: string, value: string): Promise<void> {
  const client = server.client();
  try {
    await client.config("SET", option, value);
  } finally {
    client.disconnect();
  }
}

async function usedMemory(server: RedisServer): Promise<number> {
  const client = server.client();
  try {
    return Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1] ?? 0);
  } finally {
    client.disconnect();
  }
}

/** Everything that is left of the small file system, so that the next write to the append-only file fails. */
function fill(dir: string): string {
  const file = join(dir, "filler");
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(file, Buffer.alloc(Number(bavail) * Number(bsize)));
  return file;
}

export const redisNemeses: readonly Nemesis[] = [
  { name: "kill-redis", forms: ["single"], weight: 2, strike: (stage) => downFor(stage, between(stage, 0, 6000)) },
  {
    name: "freeze-redis",
    forms: ["single"],
    async strike(stage) {
      const server = serverOf(stage);
      const ms = between(stage, 500, 6000);
      stage.note(`SIGSTOP Redis for ${ms} ms`);
      server.freeze();
      await stage.lasts(ms);
      server.thaw();
      stage.note("SIGCONT Redis");
    },
  },
  {
    name: "flush-scripts",
    forms: ["single"],
    async strike(stage) {
      const client = serverOf(stage).client();
      stage.note("SCRIPT FLUSH");
      await client.script("FLUSH");
      client.disconnect();
    },
  },
  {
    name: "maxmemory",
    forms: ["single"],
    async strike(stage) {
      const server = serverOf(stage);
      const ms = between(stage, 2000, 6000);
      stage.note(`Redis has no memory left for ${ms} ms`);
      await stage.cluster.deeds.during({ kind: "outage", target: "redis", name: "redis" }, async () => {
        await configure(server, "maxmemory", String(await usedMemory(server)));
        await stage.lasts(ms);
        await configure(server, "maxmemory", "0");
      });
      stage.note("Redis has memory again");
    },
  },
  {
    name: "disk-full",
    forms: ["single"],
    hindrance: ({ smallDir }) => (smallDir === null ? "no small file system could be mounted" : null),
    async strike(stage) {
      const server = serverOf(stage);
      const file = fill(stage.smallDir ?? "");
      stage.note("the disk of the append-only file is full");
      const fact = stage.cluster.deeds.begin({ kind: "outage", target: "redis", name: "redis" });
      await stage.lasts(between(stage, 1500, 4000));
      stage.note(server.pid === undefined ? "Redis has ended over it" : "Redis is still there");
      rmSync(file);
      await server.start();
      stage.cluster.deeds.end(fact);
      stage.note("there is room again, and Redis is back");
    },
  },
];

/** Mounts a small file system in memory at a folder; null where the machine does not allow it. Answers how to end it. */
export function mountSmall(dir: string, megabytes: number): (() => void) | null {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", dir], { stdio: "ignore" });
  } catch {
    // Not root, or no such right in this container: the nemesis that needs it says so.
    return null;
  }
  return () => void execFileSync("umount", ["-l", dir], { stdio: "ignore" });
}
