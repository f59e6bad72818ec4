import type { Entry, MemberId } from "@dms/protocol";
import type { Clock, InboxCursors } from "@dms/rules";
import { messageOf } from "@dms/runtime";
import { type StreamRows, toEntries } from "./inbox-rows.ts";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisWire } from "./redis-wire.ts";

type Wait = { count: number; blockMs: number };

/** One partition's inbox as it was read last. */
interface Place {
  /** Up to where it was read; another cursor of the caller means reading again. */
  cursor: string;
  /** Something came since, or the read before was full. */
  hasNews: boolean;
}

/** Pause after a round in which nodes did not answer. */
const failurePauseMs = 100;

/**
 * Reads the inboxes of one member over all nodes of a Redis Cluster, with one waiting connection per node.
 *
 * A blocking XREAD cannot do that: it takes streams of one slot only, and each partition has a slot of its own. So each
 * script that appends says so on a sharded channel named like the inbox, and the node's waiting connection listens to the
 * channels of all partitions there. Word is only a hint of where to read: a read without word comes every `blockMs`, which is
 * also how new entries are found while an older version that says nothing still appends.
 *
 * A node that does not answer delays what others have to say once, by a call's time-out; after that its own partitions only.
 */
export class ClusterInbox {
  readonly #wire: RedisWire;
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #places = new Map<number, Place>();
  /** The channels that each waiting connection listens to. */
  readonly #heard = new Map<RedisClient, Map<string, number>>();
  #member: MemberId | null = null;
  #wake: (() => void) | null = null;

  constructor(wire: RedisWire, keys: Keys, clock: Clock) {
    this.#wire = wire;
    this.#keys = keys;
    this.#clock = clock;
    wire.onReset((affects) => {
      for (const [partition, place] of this.#places) {
        if (affects(keys.partition(partition))) place.hasNews = true;
      }
      this.#wake?.();
    });
  }

  /** Entries after the cursors; [] after `blockMs` without any. Throws when no node answered. */
  async read(member: MemberId, cursors: InboxCursors, wait: Wait): Promise<Entry[]> {
    if (member !== this.#member) this.#begin(member);
    const until = this.#clock.monotonic() + wait.blockMs;
    this.#takeCursors(cursors);
    while (true) {
      const { entries, fault } = await this.#readNews(cursors, wait.count);
      const left = until - this.#clock.monotonic();
      if (entries.length > 0) return entries;
      if (left <= 0) break;
      if (fault !== null && this.#places.size === this.#withNews().length) throw fault;
      if (fault !== null) await this.#clock.sleep(Math.min(left, failurePauseMs));
      else if (this.#withNews().length === 0) await this.#pause(left);
    }
    // Nobody may have told of what came: the next call reads all.
    for (const place of this.#places.values()) place.hasNews = true;
    return [];
  }

  #begin(member: MemberId): void {
    this.#member = member;
    this.#places.clear();
    for (const [connection, channels] of this.#heard) {
      for (const channel of channels.keys()) connection.sunsubscribe(channel).catch(() => undefined);
      channels.clear();
    }
  }

  #takeCursors(cursors: InboxCursors): void {
    for (const [partition, cursor] of cursors) {
      const place = this.#places.get(partition);
      if (place === undefined) this.#places.set(partition, { cursor, hasNews: true });
      else if (place.cursor !== cursor) Object.assign(place, { cursor, hasNews: true });
    }
  }

  #withNews(): number[] {
    return [...this.#places].filter(([, { hasNews }]) => hasNews).map(([partition]) => partition);
  }

  /** Reads every inbox that may have something, all at once. What failed stays to be read. */
  async #readNews(cursors: InboxCursors, count: number): Promise<{ entries: Entry[]; fault: unknown }> {
    const entries: Entry[] = [];
    let fault: unknown = null;
    await Promise.all(
      this.#withNews().map(async (partition) => {
        try {
          entries.push(...(await this.#readOf(partition, cursors.get(partition) ?? "0-0", count)));
        } catch (caught) {
          fault = caught;
          const place = this.#places.get(partition);
          if (place) place.hasNews = true;
        }
      }),
    );
    return { entries, fault };
  }

  async #readOf(partition: number, cursor: string, count: number): Promise<Entry[]> {
    const key = this.#keys.inbox(partition, this.#member ?? ("" as MemberId));
    // Listening begins before the read, so that nothing comes unheard in between.
    await this.#listen(partition, key);
    const place = this.#places.get(partition);
    if (place) place.hasNews = false;
    const reply = await this.#wire.call(key, "xread", "count", count, "streams", key, cursor);
    const rows = reply as StreamRows | null;
    const entries = toEntries(() => partition, rows);
    if (place && entries.length > 0) {
      place.cursor = entries.at(-1)?.entryId ?? cursor;
      if ((rows?.[0]?.[1].length ?? 0) >= count) place.hasNews = true;
    }
    return entries;
  }

  async #listen(partition: number, channel: string): Promise<void> {
    const link = this.#wire.linkOf(channel);
    const channels = this.#channelsOf(link.blocking);
    if (channels.has(channel)) return;
    channels.set(channel, partition);
    try {
      await link.blocking.ssubscribe(channel);
    } catch (caught) {
      channels.delete(channel);
      if (!messageOf(caught).startsWith("MOVED") || !(await this.#wire.follow(caught, link))) throw caught;
    }
  }

  #channelsOf(connection: RedisClient): Map<string, number> {
    const known = this.#heard.get(connection);
    if (known !== undefined) return known;
    const channels = new Map<string, number>();
    this.#heard.set(connection, channels);
    connection.on("smessage", (channel: string) => {
      const place = this.#places.get(channels.get(channel) ?? -1);
      if (place === undefined) return;
      place.hasNews = true;
      this.#wake?.();
    });
    connection.on("close", () => channels.clear());
    // A slot that leaves a node takes its channels off there.
    connection.on("moved", () => channels.clear());
    connection.once("end", () => this.#heard.delete(connection));
    return channels;
  }

  /** Waits for word of anything. */
  async #pause(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#clock.sleep(ms, woken.signal);
    this.#wake = null;
  }
}
