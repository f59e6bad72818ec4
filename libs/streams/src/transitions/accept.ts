import type { AcceptBatch, AcceptReply } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Stores a batch of hub messages and places new conversations; see `accept.lua`. Takes memory, so it fails first when there is none. */
export const accept = defineScript<AcceptBatch & { nonce: string }, AcceptReply>({
  name: "accept",
  isGrowing: true,
  encode: (batch) => [
    batch.channel,
    batch.after,
    batch.upTo,
    batch.isRestart ? 1 : 0,
    batch.nonce,
    ...batch.messages.flatMap(({ sequence, conversation, named, payload }) => [
      sequence,
      conversation ?? `!${named ?? `${batch.channel}:`}`,
      payload,
    ]),
  ],
  decode: (reply) => {
    if (reply[0] === "behind") return { status: "behind", taken: Number(reply[1]) };
    if (reply[0] !== "accepted") throw new UnknownStatus("accept", reply);
    const [accepted = 0, skipped = 0, opened = 0, gap = 0] = reply.slice(1).map(Number);
    return { status: "accepted", accepted, skipped, opened, gap };
  },
});
