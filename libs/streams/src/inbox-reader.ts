import type { Clock, InboxCursors, InboxReader } from "@dms/rules";
import { ClusterInbox } from "./cluster-inbox.ts";
import { type Row, type StreamRows, toEntries, toEntry } from "./inbox-rows.ts";
import type { Keys } from "./keys.ts";
import { blockingMsMax } from "./redis-client.ts";
import { redisFault } from "./redis-fault.ts";
import type { RedisWire } from "./redis-wire.ts";

/**
 * Reads inboxes with one blocking read on a connection of its own. In a Redis Cluster one command reads one slot only, even of
 * slots on one node; there the scripts tell the readers (`ClusterInbox`).
 */
export function makeInboxReader(wire: RedisWire, keys: Keys, clock: Clock): InboxReader {
  const cluster = wire.isCluster ? new ClusterInbox(wire, keys, clock) : null;

  const readBlocking: InboxReader["read"] = async (member, cursors, { count, blockMs }) => {
    const byKey = new Map([...cursors.keys()].map((partition) => [keys.inbox(partition, member), partition]));
    const { blocking } = wire.linkOf(keys.registry);
    const wait = ["count", count, "block", Math.min(blockMs, blockingMsMax), "streams"];
    const reply = await blocking.call("xread", ...wait, ...byKey.keys(), ...(cursors as InboxCursors).values());
    return toEntries((key) => byKey.get(key) ?? 0, reply as StreamRows | null);
  };

  return {
    async read(member, cursors, wait) {
      try {
        return await (cluster === null ? readBlocking(member, cursors, wait) : cluster.read(member, cursors, wait));
      } catch (caught) {
        throw redisFault(caught, "reading inboxes");
      }
    },
    async readOne(member, partition, entryId) {
      try {
        const key = keys.inbox(partition, member);
        const rows = (await wire.call(key, "xrange", key, entryId, entryId)) as Row[];
        const entry = rows[0] ? toEntry(partition, rows[0]) : null;
        return entry?.kind === "foreign" ? null : entry;
      } catch (caught) {
        throw redisFault(caught, "reading one entry");
      }
    },
  };
}
