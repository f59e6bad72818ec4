import type { Durability, RedisSettings } from "@dms/runtime";
import { DmsError } from "@dms/runtime";
import type { RedisClient } from "./redis-client.ts";
import { redisFault } from "./redis-fault.ts";

/** How a write is made safe on this server, decided once at start. */
export type WriteBarrier =
  | { kind: "none" }
  /** The server syncs before it answers. */
  | { kind: "always" }
  | { kind: "wait"; replicas: number; timeoutMs: number };

/** The command that follows a write on the same connection, and whether its answer counts as durable (A9). */
export function writeBarrierCommand(
  barrier: WriteBarrier,
): { command: string; args: (string | number)[]; isReached(reply: unknown): boolean } | null {
  if (barrier.kind !== "wait") return null;
  return {
    command: "wait",
    args: [barrier.replicas, barrier.timeoutMs],
    isReached: (reply) => Number(reply) >= barrier.replicas,
  };
}

/** Reads one setting of the server; undefined when this user may not. Throws when the server does not answer. */
async function setting(client: RedisClient, name: string): Promise<string | undefined> {
  try {
    const reply = (await client.call("config", "get", name)) as string[];
    return reply[1];
  } catch (caught) {
    const fault = redisFault(caught, `reading ${name}`);
    if (fault.code === "DMS_REDIS_UNAVAILABLE") throw fault;
    // CONFIG is often forbidden on hosted servers; the caller says what could not be checked.
    return undefined;
  }
}

/** The server's version as one number, 7.2.4 being 70204. Valkey answers as the Redis it speaks for. */
function versionOf(serverSection: string): number {
  const [, major = "0", minor = "0", patch = "0"] = /redis_version:(\d+)\.(\d+)\.(\d+)/.exec(serverSection) ?? [];
  return Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
}

/** A setting that may not be read is taken for the right one; a warning says that it could not be checked. */
function checkFsync(appendonly: string | undefined, appendfsync: string | undefined): void {
  if (appendonly !== undefined && appendonly !== "yes") {
    throw new DmsError(
      "DMS_REDIS_NOT_FSYNC",
      "durability fsync needs `appendonly yes` on the Redis server; it has no",
      { details: { appendonly } },
    );
  }
  if (appendfsync !== undefined && appendfsync !== "always") {
    throw new DmsError(
      "DMS_REDIS_NOT_FSYNC",
      `durability fsync needs \`appendfsync always\` on the Redis server; it has ${appendfsync}`,
      { details: { appendfsync } },
    );
  }
}

/** What a start learns of the server; `warnings` are for the log. */
export interface ServerCheck {
  barrier: WriteBarrier;
  warnings: string[];
}

/** What a server must keep. */
export interface Demand {
  durability: Durability;
  timeoutMs: number;
  /** In which form this process expects the server. */
  mode: RedisSettings["mode"];
}

/**
 * Checks that a server can keep what the configuration promises: version 7.0 or later, the expected form, writable,
 * `noeviction`, and append-only where `fsync` is asked for. Throws `DMS_REDIS_TOO_OLD`, `DMS_REDIS_EVICTS`,
 * `DMS_REDIS_NOT_FSYNC`, and retryable `DMS_REDIS_UNAVAILABLE` for another form and for a replica: those may change.
 */
export async function checkServer(client: RedisClient, demand: Demand): Promise<ServerCheck> {
  const { durability, timeoutMs, mode } = demand;
  const server = String(await client.call("info", "server"));
  const version = versionOf(server);
  if (version < 70_000) {
    throw new DmsError("DMS_REDIS_TOO_OLD", "Redis 7.0 or later (or Valkey) is needed", { details: { version } });
  }
  if (/redis_mode:cluster/.test(server) && mode !== "cluster") throw notYet("the server is part of a Redis Cluster");
  const replication = String(await client.call("info", "replication"));
  if (/role:slave/.test(replication)) throw notYet("READONLY the server is a replica");
  const warnings = [...failOverWarnings(demand, replication)];
  const policy = await setting(client, "maxmemory-policy");
  if (policy === undefined) warnings.push("CONFIG is not allowed: maxmemory-policy noeviction could not be checked");
  if (policy !== undefined && policy !== "noeviction") {
    throw new DmsError(
      "DMS_REDIS_EVICTS",
      `Redis would drop messages: set maxmemory-policy noeviction (it is ${policy})`,
    );
  }
  if (durability === "none") return { barrier: { kind: "none" }, warnings };
  if (durability !== "fsync") return { barrier: { kind: "wait", replicas: durability.replicas, timeoutMs }, warnings };
  const appendonly = await setting(client, "appendonly");
  const appendfsync = await setting(client, "appendfsync");
  checkFsync(appendonly, appendfsync);
  if (appendonly === undefined || appendfsync === undefined)
    warnings.push("CONFIG is not allowed: appendonly yes and appendfsync always could not be checked");
  return { barrier: { kind: "always" }, warnings };
}

function notYet(detail: string): DmsError {
  return new DmsError("DMS_REDIS_UNAVAILABLE", detail, { retryable: true });
}

/** What a fail-over would cost that the operator may not have meant. */
function* failOverWarnings({ durability, mode }: Demand, replication: string): Generator<string> {
  const replicas = Number(/connected_slaves:(\d+)/.exec(replication)?.[1] ?? 0);
  if (durability === "fsync" && (mode !== "single" || replicas > 0)) {
    yield "durability fsync survives a restart of this server, not a fail-over to a replica: use durability replicas";
  }
  if (typeof durability === "object" && replicas < durability.replicas) {
    yield `durability wants ${durability.replicas} replicas, ${replicas} are linked: nothing is confirmed until they are`;
  }
  if (typeof durability === "object" && durability.replicas * 2 <= replicas) {
    const majority = Math.floor(replicas / 2) + 1;
    yield `durability replicas: ${durability.replicas} of ${replicas} is no majority: a fail-over may promote one that lacks confirmed messages; use ${majority}`;
  }
}
