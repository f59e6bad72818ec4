import type { Conversation, Step } from "./conversation.ts";

/**
 * Gives the conversation to another member (A14): no effect is under way (the lane does one thing at a time), the reply
 * lane is at rest and what it sent is stored. Unread entries follow by `forward`. With nobody to give it to, it goes on here.
 */
export async function handOff(conversation: Conversation): Promise<Step> {
  const { desk, handoffCause, replies } = conversation;
  const { partitions, clock, emit } = desk.context;
  const cause = handoffCause ?? "drain";
  // What may still be executed must have been, before somebody else reads the transcript.
  await clock.sleep(Math.max(0, conversation.unknownUntil - clock.monotonic()));
  // What agents wrote last in a session that has ended and cannot be read: the next owner would not have it. (I8)
  if (conversation.session?.isEnded === true && !conversation.session.isReadable) await replies.finish();
  await replies.rest();
  await desk.settler.flush(conversation.partition, conversation.id);
  if (conversation.isDropped) return "again";
  const reply = await conversation.persist("handoff", () => partitions.handoff(conversation.holding(), cause));
  if (reply.status === "nowhere") {
    conversation.handoffCause = null;
    replies.resume();
    return "again";
  }
  if (reply.status !== "moved") return conversation.refused("handoff", reply.status);
  const facts = { to: reply.to, cause, seq: conversation.record?.done ?? 0, waiting: conversation.mailbox.size };
  emit({ type: "conversation-moved", ...facts, ...conversation.of });
  conversation.forget();
  return "again";
}
