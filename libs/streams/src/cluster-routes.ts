import { messageOf } from "@dms/runtime";
import { keySlot, slotCount } from "./key-slot.ts";
import { openNodeClient, type Address, type RedisClient } from "./redis-client.ts";
import { noServer, type Routes, type RoutesOptions } from "./routes.ts";
import { ServerLink } from "./server-link.ts";

/** One range of `CLUSTER SLOTS`: first and last slot, then the primary and its replicas. */
type SlotRange = [from: number, to: number, primary: [host: string | null, port: number]];

/** Pause between two looks for the slots while an owner of slots does not answer. */
const lookMs = 200;

/**
 * The nodes of a Redis Cluster: one link to each that owns slots, and which slot is whose.
 *
 * It follows MOVED, which means that the whole slot has another owner, and never ASK, which means that single keys have: a
 * transition names its partition by a prefix that is no key, so from the first moment of a slot's migration to the last each of
 * them is answered ASK or MOVED and waits. Following ASK would run it on a part of the partition.
 *
 * A slot that changes its owner, or whose owner's connections were lost, is reported: what was known of it may be of
 * another past (A11). Slots of other nodes are not concerned.
 */
export class ClusterRoutes implements Routes {
  readonly #options: RoutesOptions;
  readonly #nodes = new Map<string, ServerLink>();
  readonly #owners: (ServerLink | undefined)[] = Array.from({ length: slotCount });
  /** Nodes that said that the cluster is down, since the last look that was answered. */
  readonly #doubted = new Set<ServerLink>();
  #looks = 0;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  fault: Error | undefined;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  get links(): readonly ServerLink[] {
    return [...this.#nodes.values()];
  }

  async open(): Promise<void> {
    await this.#look();
    await Promise.all(this.links.map((link) => link.ping()));
  }

  linkOf(key: string): ServerLink {
    const slot = keySlot(key);
    const owner = this.#owners[slot];
    if (owner === undefined) throw noServer(`no node of the Redis Cluster serves slot ${slot}`);
    return owner;
  }

  async follow(caught: unknown, asked: ServerLink): Promise<boolean> {
    const [, slot, host, port] = /^MOVED (\d+) (.*):(\d+)$/.exec(messageOf(caught)) ?? [];
    if (slot === undefined) {
      if (messageOf(caught).startsWith("CLUSTERDOWN")) this.#doubt(asked);
      return false;
    }
    const address = { host: host || (asked.node?.host ?? ""), port: Number(port) };
    const owner = this.#linkTo(address);
    this.#assign(owner, [[Number(slot), Number(slot)]]);
    // One slot has moved: others may have, with it or by the same fail-over.
    void this.#lookQuietly();
    await owner.settled();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#nodes.values()) link.close();
    this.#nodes.clear();
  }

  #linkTo(node: Address): ServerLink {
    const name = `${node.host}:${node.port}`;
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const link = new ServerLink({ ...this.#options, node, onReset: (lost) => this.#reset(lost) });
    this.#nodes.set(name, link);
    return link;
  }

  #reset(link: ServerLink): void {
    this.#options.onReset((key) => this.#owners[keySlot(key)] === link);
    if (!link.isReady) void this.#keepLooking(link);
  }

  /** The cluster may be down for this node alone, and it would go on giving the slots as they were: others are asked first. */
  #doubt(link: ServerLink): void {
    this.#doubted.add(link);
    void this.#lookQuietly();
  }

  /** Looks for the slots until the link is ready again or owns none any more. */
  async #keepLooking(link: ServerLink): Promise<void> {
    while (!this.#isClosed && !link.isReady && this.#owners.includes(link)) {
      await this.#lookQuietly();
      await this.#options.clock.sleep(lookMs);
    }
  }

  #lookQuietly(): Promise<void> {
    return this.#look().catch((caught: unknown) => {
      this.fault = caught instanceof Error ? caught : new Error(messageOf(caught));
    });
  }

  /** Asks for the slots, once for all who wish it at the same time. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { node, ranges } = await this.#askAnyone();
    if (this.#isClosed) return;
    this.#doubted.clear();
    const slots = Map.groupBy(ranges, ([, , [host, port]]) => `${host || node.host}:${port}`);
    for (const [name, owned] of slots) {
      const [, , [host, port]] = owned[0] ?? [0, 0, ["", 0]];
      const owner = this.#linkTo({ host: host || node.host, port });
      this.#assign(
        owner,
        owned.map(([from, to]) => [from, to]),
      );
      this.#nodes.set(name, owner);
    }
    this.fault = undefined;
    this.#closeUnused();
  }

  /** Notes the owner of slots, and reports those that had another one. */
  #assign(owner: ServerLink, ranges: [from: number, to: number][]): void {
    const changed = new Set<number>();
    for (const [from, to] of ranges) {
      for (let slot = from; slot <= to; slot++) {
        const before = this.#owners[slot];
        if (before !== undefined && before !== owner) changed.add(slot);
        this.#owners[slot] = owner;
      }
    }
    if (changed.size > 0) this.#options.onReset((key) => changed.has(keySlot(key)));
  }

  #closeUnused(): void {
    const used = new Set(this.#owners);
    for (const [name, link] of this.#nodes) {
      if (used.has(link)) continue;
      link.close();
      this.#nodes.delete(name);
    }
  }

  /**
   * The slots as the first node says that answers: those that are known, then those of the configuration, and those that
   * said that the cluster is down only when nobody else answers. Each look begins with another one: a node that the others
   * have lost answers as quickly as any, and what it says is over.
   */
  async #askAnyone(): Promise<{ node: Address; ranges: SlotRange[] }> {
    const looks = this.#looks++;
    const ready = rotated(
      this.links.filter((link) => link.isReady),
      looks,
    ).map((link) => ({ link, node: link.node ?? { host: "", port: 0 }, ask: () => slotsBy(link.commands) }));
    const configured = rotated(this.#options.settings.nodes, looks);
    const askable = [
      ...ready.filter(({ link }) => !this.#doubted.has(link)),
      ...configured.map((node) => ({ node, ask: () => this.#askOnce(node) })),
      ...ready.filter(({ link }) => this.#doubted.has(link)),
    ];
    let fault: unknown = new Error("no node is configured");
    for (const { node, ask } of askable) {
      try {
        return { node, ranges: await ask() };
      } catch (caught) {
        fault = caught;
      }
    }
    throw fault;
  }

  /** Asks a node on a connection for this one question. */
  async #askOnce(node: Address): Promise<SlotRange[]> {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const client = openNodeClient({ ...this.#options, onFault: reject }, "commands", node);
    const answered = new Promise((resolve) => client.once("ready", resolve)).then(() => slotsBy(client));
    try {
      return await Promise.race([answered, failed]);
    } finally {
      client.disconnect();
      answered.catch(() => undefined);
    }
  }
}

/** The same list, begun with another one each time. */
function rotated<Item>(list: readonly Item[], turns: number): Item[] {
  const from = list.length === 0 ? 0 : turns % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

async function slotsBy(client: RedisClient): Promise<SlotRange[]> {
  const ranges = await client.call("cluster", "slots").catch((caught: unknown) => {
    // An operator can mend it while we wait.
    throw messageOf(caught).includes("cluster support disabled") ? noServer(messageOf(caught)) : caught;
  });
  if (!Array.isArray(ranges) || ranges.length === 0) {
    throw noServer("the Redis Cluster has no slots yet: create it with redis-cli --cluster create");
  }
  return ranges as SlotRange[];
}
