import type { ChatHandle, InboundMessage, Parties } from "@dms/protocol";
import type { Failure } from "@dms/rules";
import type { Conversation } from "./conversation.ts";
import { Dropped } from "./dropped.ts";
import { noteFailure, noteRefusal } from "./head.ts";
import { appNameOf } from "./polling.ts";
import { noReplies } from "./reply-lane.ts";
import { newSession } from "./session.ts";

/** User data that tells the contact centre where the session comes from; keys as the documented system has them. */
function userDataOf(conversation: Conversation, message: InboundMessage): Record<string, string> {
  return {
    ...conversation.channel.userData,
    _umsConversationId: conversation.hubConversationId,
    _umsFromAddr: message.from.id,
    _umsToAddr: message.to.id,
    _umsMsgId: message.id,
    _umsMsgType: message.type,
    _umsChatPossible: "true",
  };
}

/** A chat server refuses a session without a nickname, and a hub may know a customer without a name. */
function nameOf({ from }: InboundMessage): string {
  return from.name?.trim() || from.id;
}

/**
 * Creates a chat session and stores its handle before anything is posted into it (A6). A creation whose outcome is unknown
 * is abandoned: the empty session ends by the chat server's own time-out.
 */
export async function openSession(conversation: Conversation, message: InboundMessage): Promise<void> {
  const { chat } = conversation;
  const opening = {
    nickname: nameOf(message),
    subject: `${conversation.channel.name} ${nameOf(message)}`,
    userData: userDataOf(conversation, message),
  };
  const outcome = await conversation.effect((signal) => chat.create(opening, signal));
  if (!outcome.ok) return accountForFailure(conversation, outcome.failure);
  const parties = { customer: message.from.id, business: message.to.id };
  await storeHandle(conversation, outcome.value.handle, parties);
  const { clock, bounds } = conversation.desk.context;
  const times = { pollMs: bounds.pollActiveMs, now: clock.monotonic() };
  const session = newSession(outcome.value.handle, { shown: 0, appName: appNameOf(conversation), ...times });
  conversation.session = session;
  conversation.parties = parties;
  conversation.previousChatId = "";
  // What was refused was the session, not the message.
  conversation.rejections = 0;
  // A session that nobody has posted into needs no reading: its own posts are none.
  session.isReconciled = true;
  conversation.beginReplies(session.handle.chatId, noReplies);
  conversation.desk.context.emit({ type: "session-opened", chatId: session.handle.chatId, ...conversation.of });
}

async function storeHandle(conversation: Conversation, handle: ChatHandle, parties: Parties): Promise<void> {
  const { chat } = conversation;
  const { partitions } = conversation.desk.context;
  const { previousChatId, partsShown } = conversation;
  const appName = appNameOf(conversation);
  const store = () => partitions.open(conversation.holding(), { previousChatId, handle, parties, partsShown, appName });
  const end = (signal: AbortSignal) => chat.disconnect(handle, signal);
  const reply = await conversation.persist("open", store).catch(async (caught: unknown) => {
    // Redis was lost before it answered: nobody else will look at this session while the lease stands, and an agent would wait
    // in it. If the handle was stored after all, the next look at the record finds a session that is over and empty. (I7)
    if (caught instanceof Dropped) await conversation.lastEffect(end);
    throw caught;
  });
  if (reply.status === "opened") return;
  await conversation.effect(end);
  conversation.refused("open", reply.status);
}

async function accountForFailure(conversation: Conversation, failure: Failure): Promise<void> {
  if (failure.verdict === "reject") noteRefusal(conversation, failure);
  noteFailure(conversation, failure, `no session: ${failure.detail}`);
  conversation.backOff(failure);
}
