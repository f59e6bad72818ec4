import type { MemberId } from "@dms/protocol";
import type { PartitionMember, PartitionView } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** What a leader or the fetcher must see of a partition; see `inspect.lua`. */
export const inspect = defineScript<null, PartitionView>({
  name: "inspect",
  encode: () => [],
  decode: (reply) => {
    if (reply[0] !== "view") throw new UnknownStatus("inspect", reply);
    const members: PartitionMember[] = [];
    for (let i = 4; i + 3 < reply.length; i += 4) {
      members.push({
        member: String(reply[i]) as MemberId,
        state: String(reply[i + 1]) as PartitionMember["state"],
        owned: Number(reply[i + 2]),
        entries: Number(reply[i + 3]),
      });
    }
    return {
      backlog: Number(reply[1]),
      deadLetters: Number(reply[2]),
      unplacedConversations: Number(reply[3]),
      members,
    };
  },
});
