import { type Entry, messageIdIn, sentAtIn } from "@dms/protocol";
import type { Conversation, Step } from "./conversation.ts";
import { finishHead } from "./head.ts";
import { latencyOf } from "./latency.ts";

/** Moves the head to the dead letters, durable before anything else happens in the conversation (A8). */
export async function bury(
  conversation: Conversation,
  head: Entry,
  why: { reason: string; detail: string },
): Promise<Step> {
  const { desk, record, session } = conversation;
  await desk.settler.flush(conversation.partition, conversation.id);
  const burial = {
    seq: head.seq,
    entryId: head.entryId,
    session: { ...conversation.counted(), shown: session?.shown ?? 0 },
    attempts: conversation.attempts,
    ...why,
  };
  const reply = await conversation.persist("bury", () => desk.context.partitions.bury(conversation.holding(), burial));
  if (reply.status !== "buried" || record === null) return conversation.refused("bury", reply.status);
  finishHead(conversation, record, head.seq);
  if (session) session.settled = session.shown;
  conversation.mailbox.remove(head.seq);
  desk.countPending(-1);
  desk.context.emit({ type: "message-buried", ...factsOf(conversation, head), ...why, ...conversation.of });
  return "again";
}

function factsOf(conversation: Conversation, { seq, payload }: Entry) {
  const { clock } = conversation.desk.context;
  const deliveryMs = conversation.head.seq === seq ? clock.monotonic() - conversation.head.at : 0;
  return { seq, messageId: messageIdIn(payload), ...latencyOf(sentAtIn(payload), clock.wall()), deliveryMs };
}
