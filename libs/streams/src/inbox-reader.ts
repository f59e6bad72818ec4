import type { Entry, MemberId } from "@dms/protocol";
import { parseEntryHeader } from "@dms/protocol";
import type { Clock, InboxCursors, InboxReader } from "@dms/rules";
import type { Keys } from "./keys.ts";
import { redisFault } from "./redis-fault.ts";
import type { RedisWire } from "./redis-wire.ts";

type Row = [entryId: string, fields: string[]];
type Wait = { count: number; blockMs: number };

/** Pause between two rounds over the slots of a Redis Cluster. */
const turnMs = 15;

type StreamRows = [key: string, rows: Row[]][];

/** A row that is not ours (a header of another form) is passed over: nobody's message can be in it. */
function toEntry(partition: number, [entryId, fields]: Row): Entry | null {
  const header = parseEntryHeader(fields[1] ?? "");
  return header && { ...header, partition, entryId, payload: fields[3] ?? "" };
}

/**
 * Reads inboxes with one blocking read on a connection of its own. In a Redis Cluster one command reads one slot only, so
 * there the partitions are asked one by one, without blocking, until one has something or the time is over.
 */
export function makeInboxReader(wire: RedisWire, keys: Keys, clock: Clock): InboxReader {
  const partitionsOf = (member: MemberId, cursors: InboxCursors): Map<string, number> =>
    new Map([...cursors.keys()].map((partition) => [keys.inbox(partition, member), partition]));

  const toEntries = (byKey: Map<string, number>, reply: StreamRows | null): Entry[] =>
    (reply ?? []).flatMap(([key, rows]) =>
      rows.map((row) => toEntry(byKey.get(key) ?? 0, row)).filter((entry) => entry !== null),
    );

  const readEach = async (member: MemberId, cursors: InboxCursors, count: number): Promise<Entry[]> => {
    const replies = await Promise.all(
      [...cursors].map(async ([partition, cursor]) => {
        const key = keys.inbox(partition, member);
        const reply = await wire.commands.call("xread", "count", count, "streams", key, cursor);
        return toEntries(new Map([[key, partition]]), reply as StreamRows | null);
      }),
    );
    return replies.flat();
  };

  const readInTurns = async (member: MemberId, cursors: InboxCursors, wait: Wait): Promise<Entry[]> => {
    const until = clock.monotonic() + wait.blockMs;
    while (true) {
      const entries = await readEach(member, cursors, wait.count);
      if (entries.length > 0 || clock.monotonic() >= until) return entries;
      await clock.sleep(turnMs);
    }
  };

  return {
    async read(member, cursors, { count, blockMs }) {
      const byKey = partitionsOf(member, cursors);
      try {
        if (wire.isCluster) return await readInTurns(member, cursors, { count, blockMs });
        const wait = ["count", count, "block", blockMs, "streams"];
        const reply = await wire.blocking.call("xread", ...wait, ...byKey.keys(), ...cursors.values());
        return toEntries(byKey, reply as StreamRows | null);
      } catch (caught) {
        throw redisFault(caught, "reading inboxes");
      }
    },
    async readOne(member, partition, entryId) {
      try {
        const rows = (await wire.commands.call("xrange", keys.inbox(partition, member), entryId, entryId)) as Row[];
        return rows[0] ? toEntry(partition, rows[0]) : null;
      } catch (caught) {
        throw redisFault(caught, "reading one entry");
      }
    },
  };
}
