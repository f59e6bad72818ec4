import type { MemberId } from "@dms/protocol";
import type { PartitionCounts, PartitionMember, PartitionView } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

const fieldsPerMember = 6;

/** What a leader or the fetcher must see of a partition; see `inspect.lua`. */
export const inspect = defineScript<null, PartitionView>({
  name: "inspect",
  encode: () => [],
  decode: (reply) => {
    if (reply[0] !== "view") throw new UnknownStatus("inspect", reply);
    const [, backlog, deadLetters, unplacedConversations, counts] = reply;
    const members: PartitionMember[] = [];
    for (let i = 5; i + fieldsPerMember <= reply.length; i += fieldsPerMember) {
      const [member, state, owned, entries, appendedAt, sentAt] = reply.slice(i, i + fieldsPerMember).map(String);
      members.push({
        member: member as MemberId,
        state: state as PartitionMember["state"],
        owned: Number(owned),
        entries: Number(entries),
        oldestAt: oldestAt(appendedAt, sentAt),
      });
    }
    return {
      backlog: Number(backlog),
      deadLetters: Number(deadLetters),
      unplacedConversations: Number(unplacedConversations),
      counts: decodeCounts(counts as string[]),
      members,
    };
  },
});

/** A forwarded entry is younger than its message, and a hub's clock may be wrong: the older of the two times counts. */
function oldestAt(appendedAt = "", sentAt = ""): number | null {
  if (appendedAt === "") return null;
  const sent = Date.parse(sentAt);
  return Number.isNaN(sent) ? Number(appendedAt) : Math.min(Number(appendedAt), sent);
}

function decodeCounts(flat: readonly string[]): PartitionCounts {
  const counts: PartitionCounts = { accepted: 0, settled: 0, redriven: 0, dead: {} };
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [field, count] = [flat[i] ?? "", Number(flat[i + 1])];
    if (field === "accepted" || field === "settled" || field === "redriven") counts[field] = count;
    else if (field.startsWith("dead ")) counts.dead[field.slice(5)] = count;
  }
  return counts;
}
