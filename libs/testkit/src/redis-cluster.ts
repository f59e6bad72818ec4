import type { RedisSettings } from "@dms/runtime";
import { until } from "./condition.ts";
import { freePort } from "./free-port.ts";
import type { RedisForm } from "./redis-form.ts";
import { openLook, type RedisLook } from "./redis-look.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./redis-server.ts";

export interface RedisClusterOptions {
  primaries?: number;
  replicasEach?: number;
  /** How long a node must be silent until the others call it failed. */
  nodeTimeoutMs?: number;
  /** Options of each server. */
  server?: RedisOptions;
}

/** One row of `CLUSTER NODES`. */
export interface ClusterNode {
  id: string;
  port: number;
  isPrimary: boolean;
  /** The id of its primary when it is a replica. */
  primaryId: string;
  isFailed: boolean;
  slots: [from: number, to: number][];
}

/** A Redis Cluster of real processes. */
export interface RedisClusterSet extends RedisForm {
  readonly servers: readonly RedisServer[];
  /** The cluster as a server that answers sees it. */
  nodes(): Promise<ClusterNode[]>;
  slotOf(key: string): Promise<number>;
  /** The server that owns a key's slot now. */
  serverOf(key: string): Promise<RedisServer>;
  primaries(): Promise<RedisServer[]>;
  replicasOf(primary: RedisServer): Promise<RedisServer[]>;
  /**
   * Waits until every server that runs sees all slots served, each primary with a share of them, and every running replica
   * is linked to its primary.
   */
  awaitOk(): Promise<void>;
  /** Waits until a replica has taken the slots of `former`, which has them still. Answers it. */
  awaitFailOver(former: RedisServer): Promise<RedisServer>;
  /** Makes `replica` the primary of its slots in good order, and waits for it. */
  failOver(replica: RedisServer): Promise<void>;
  /**
   * Moves a slot as `redis-cli --cluster reshard` does. `halfway` runs when `halfwayKeys` keys (half of them by default) are
   * at the new place and the slot is still marked as moving.
   */
  moveSlot(
    slot: number,
    to: RedisServer,
    options?: { halfway?: () => Promise<void>; halfwayKeys?: number },
  ): Promise<void>;
}

const slotCount = 16_384;
const stepMsMax = 30_000;

/** Starts a Redis Cluster on 127.0.0.1 and waits until it serves every slot and has its replicas. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisClusterSet> {
  const { primaries = 3, replicasEach = 1, nodeTimeoutMs = 1000 } = options;
  const servers: RedisServer[] = [];
  const set = new StartedClusterSet(servers);
  try {
    const count = primaries * (1 + replicasEach);
    const starting = Array.from({ length: count }, () => startNode(nodeTimeoutMs, options.server));
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === "rejected") throw started.reason;
      servers.push(started.value);
    }
    await set.found(primaries);
    return set;
  } catch (caught) {
    await set.close();
    throw caught;
  }
}

async function startNode(nodeTimeoutMs: number, options: RedisOptions = {}): Promise<RedisServer> {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", String(nodeTimeoutMs)];
  // The usual place of the bus, ten thousand ports above, may not exist.
  args.push(
    "--cluster-port",
    String(await freePort()),
    "--repl-diskless-sync-delay",
    "0",
    "--repl-ping-replica-period",
    "1",
  );
  if (options.tls) args.push("--tls-cluster", "yes");
  return startRedis({ ...options, args: [...args, ...(options.args ?? [])] });
}

async function ask(server: RedisServer, ...args: (string | number)[]): Promise<string> {
  const client = server.client();
  try {
    const [command = "", ...rest] = args;
    return String(await client.call(String(command), ...rest));
  } finally {
    client.disconnect();
  }
}

class StartedClusterSet implements RedisClusterSet {
  readonly servers: readonly RedisServer[];
  readonly #looks = new Set<RedisLook>();

  constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  get settings(): RedisSettings {
    const [first] = this.servers;
    if (first === undefined) throw new Error("a cluster has servers");
    return { ...first.settings, mode: "cluster", nodes: this.servers.map(({ port }) => ({ host: "127.0.0.1", port })) };
  }

  get section(): Record<string, unknown> {
    return { ...this.servers[0]?.section, mode: "cluster", nodes: this.servers.map(({ port }) => `127.0.0.1:${port}`) };
  }

  look(): RedisLook {
    const look = openLook(this.settings);
    this.#looks.add(look);
    return look;
  }

  /** Gives each of the first `primaries` servers its slots, and each of them its replicas. */
  async found(primaries: number): Promise<void> {
    const owners = this.servers.slice(0, primaries);
    for (const [index, owner] of owners.entries()) {
      const bounds = [index, index + 1].map((step) => Math.floor((slotCount * step) / primaries));
      await ask(owner, "cluster", "addslotsrange", bounds[0] ?? 0, (bounds[1] ?? 0) - 1);
      await ask(owner, "cluster", "set-config-epoch", index + 1);
    }
    const [first, ...others] = this.servers;
    if (first === undefined) return;
    for (const server of others) {
      const busPort = (await ask(server, "config", "get", "cluster-port")).split(",")[1] ?? "";
      await ask(first, "cluster", "meet", "127.0.0.1", server.port, busPort);
    }
    await this.#all((nodes) => nodes.length === this.servers.length, "not all nodes know one another");
    for (const [index, server] of this.servers.slice(primaries).entries()) {
      const owner = owners[index % primaries];
      if (owner) await ask(server, "cluster", "replicate", await ask(owner, "cluster", "myid"));
    }
    await this.awaitOk();
    await this.#awaitReplicas(this.servers.length - primaries);
  }

  async nodes(): Promise<ClusterNode[]> {
    return nodesSeenBy(await this.#answering());
  }

  async slotOf(key: string): Promise<number> {
    return Number(await ask(await this.#answering(), "cluster", "keyslot", key));
  }

  async serverOf(key: string): Promise<RedisServer> {
    return this.#ownerOf(await this.slotOf(key));
  }

  async primaries(): Promise<RedisServer[]> {
    const nodes = await this.nodes();
    return nodes.filter(({ isPrimary, slots }) => isPrimary && slots.length > 0).map(({ port }) => this.#at(port));
  }

  async replicasOf(primary: RedisServer): Promise<RedisServer[]> {
    const nodes = await this.nodes();
    const id = nodes.find(({ port }) => port === primary.port)?.id;
    return nodes.filter(({ primaryId }) => primaryId === id).map(({ port }) => this.#at(port));
  }

  async awaitOk(): Promise<void> {
    await this.#all((nodes) => {
      const serving = nodes.filter(({ isPrimary, isFailed }) => isPrimary && !isFailed);
      return serving.flatMap(slotsIn).length === slotCount && serving.every(({ slots }) => slots.length > 0);
    }, "not all slots are served");
    for (const server of this.#running()) {
      await until(
        async () => {
          const isOk = (await ask(server, "cluster", "info")).includes("cluster_state:ok");
          return isOk && !(await ask(server, "info", "replication")).includes("master_link_status:down");
        },
        { timeoutMs: stepMsMax, everyMs: 20, describe: () => `${server.port} is not linked` },
      );
    }
  }

  async awaitFailOver(former: RedisServer): Promise<RedisServer> {
    const [slot] = (await this.nodes()).filter(({ port }) => port === former.port).flatMap(slotsIn);
    if (slot === undefined) throw new Error(`${former.port} has no slots that another could take`);
    const isOver = (nodes: ClusterNode[]): boolean =>
      nodes.filter(({ port, isFailed }) => port !== former.port && !isFailed).flatMap(slotsIn).length === slotCount;
    await this.#all(isOver, `nobody has taken the slots of ${former.port}`, former);
    return this.#ownerOf(slot);
  }

  async failOver(replica: RedisServer): Promise<void> {
    await ask(replica, "cluster", "failover");
    const isPrimary = (nodes: ClusterNode[]): boolean =>
      nodes.some(({ port, slots }) => port === replica.port && slots.length > 0);
    await this.#all(isPrimary, `${replica.port} has not taken over`);
  }

  async moveSlot(
    slot: number,
    to: RedisServer,
    { halfway, halfwayKeys }: { halfway?: () => Promise<void>; halfwayKeys?: number } = {},
  ): Promise<void> {
    const from = await this.#ownerOf(slot);
    const [fromId, toId] = [await ask(from, "cluster", "myid"), await ask(to, "cluster", "myid")];
    await ask(to, "cluster", "setslot", slot, "importing", fromId);
    await ask(from, "cluster", "setslot", slot, "migrating", toId);
    const half = halfwayKeys ?? Math.ceil(Number(await ask(from, "cluster", "countkeysinslot", slot)) / 2);
    await moveKeys(from, to, { slot, count: half });
    await halfway?.();
    await moveKeys(from, to, { slot, count: Number.POSITIVE_INFINITY });
    for (const server of [to, from, ...this.#running()]) {
      if (server === to || (await isPrimaryNow(server))) await ask(server, "cluster", "setslot", slot, "node", toId);
    }
    await this.#all(
      (nodes) => nodes.some(({ id, slots }) => id === toId && slots.some(([a, b]) => a <= slot && slot <= b)),
      `slot ${slot} is not known to be at ${to.port}`,
    );
  }

  async close(): Promise<void> {
    for (const look of this.#looks) look.disconnect();
    await Promise.all(this.servers.map((server) => server.close()));
  }

  #running(): RedisServer[] {
    return this.servers.filter(({ pid }) => pid !== undefined);
  }

  #at(port: number): RedisServer {
    const server = this.servers.find((candidate) => candidate.port === port);
    if (server === undefined) throw new Error(`no server of this cluster is at port ${port}`);
    return server;
  }

  /** A server that answers; a frozen or dead one is passed over. */
  async #answering(): Promise<RedisServer> {
    const running = this.#running();
    const answered = running.map(async (server) => (await ask(server, "ping"), server));
    return Promise.any(answered);
  }

  async #ownerOf(slot: number): Promise<RedisServer> {
    const nodes = await this.nodes();
    const owner = nodes.find(
      ({ isFailed, slots }) => !isFailed && slots.some(([from, to]) => from <= slot && slot <= to),
    );
    if (owner === undefined) throw new Error(`nobody serves slot ${slot}`);
    return this.#at(owner.port);
  }

  /** A client hears of a replica only once the server that it asks has heard how far that one is. */
  async #awaitReplicas(count: number): Promise<void> {
    for (const server of this.servers) {
      const client = server.client();
      const isToldOfAll = async (): Promise<boolean> => {
        const ranges = (await client.call("cluster", "slots")) as unknown[][];
        return ranges.reduce((sum, [, , , ...replicas]) => sum + replicas.length, 0) === count;
      };
      await until(isToldOfAll, {
        timeoutMs: stepMsMax,
        everyMs: 20,
        describe: () => `${server.port} does not tell of ${count} replicas`,
      });
      client.disconnect();
    }
  }

  /** Waits until every running server but `except` sees the cluster so. */
  async #all(isSo: (nodes: ClusterNode[]) => boolean, otherwise: string, except?: RedisServer): Promise<void> {
    for (const server of this.#running()) {
      if (server === except) continue;
      await until(async () => isSo(await nodesSeenBy(server)), {
        timeoutMs: stepMsMax,
        everyMs: 20,
        describe: () => `${otherwise}, as ${server.port} sees it`,
      });
    }
  }
}

async function moveKeys(
  from: RedisServer,
  to: RedisServer,
  { slot, count }: { slot: number; count: number },
): Promise<void> {
  const client = from.client();
  let left = count;
  while (left > 0) {
    const keys = (await client.call("cluster", "getkeysinslot", slot, Math.min(left, 10))) as string[];
    if (keys.length === 0) break;
    await client.call("migrate", "127.0.0.1", to.port, "", 0, 5000, "KEYS", ...keys);
    left -= keys.length;
  }
  client.disconnect();
}

async function isPrimaryNow(server: RedisServer): Promise<boolean> {
  return (await ask(server, "role")).startsWith("master");
}

/** Nodes that this one knows; one that it only began to meet has a number that means nothing yet. */
async function nodesSeenBy(server: RedisServer): Promise<ClusterNode[]> {
  const text = await ask(server, "cluster", "nodes");
  return text
    .split("\n")
    .filter((line) => line.includes(" ") && !/\bhandshake\b/.test(line))
    .map(parseNode);
}

function parseNode(line: string): ClusterNode {
  const [id = "", address = "", flags = "", primaryId = "", , , , link = "", ...ranges] = line.split(" ");
  const slots = ranges
    .filter((range) => !range.startsWith("["))
    .map((range): [number, number] => {
      const [from, to = from] = range.split("-").map(Number);
      return [from ?? 0, to ?? 0];
    });
  const isFailed = /\bfail\b(?!\?)/.test(flags) || (link === "disconnected" && !flags.includes("myself"));
  const port = Number(/:(\d+)@/.exec(address)?.[1]);
  return { id, port, isPrimary: flags.includes("master"), primaryId, isFailed, slots };
}

function slotsIn({ slots }: ClusterNode): number[] {
  return slots.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}
