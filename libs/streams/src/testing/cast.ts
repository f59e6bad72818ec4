import { conversationId, type ChatHandle, type MemberId, type Parties } from "@dms/protocol";
import type { MemberCard } from "@dms/rules";

/** The cast of the transitions' tests: one channel, three workers, two dispatchers, three conversations. */
export const channel = "whatsapp";
export const w1 = "w1.aaaa" as MemberId;
export const w2 = "w2.bbbb" as MemberId;
export const w3 = "w3.cccc" as MemberId;
export const d1 = "d1.dddd" as MemberId;
export const d2 = "d2.eeee" as MemberId;
export const c1 = conversationId(channel, "c1");
export const c2 = conversationId(channel, "c2");
export const c3 = conversationId(channel, "c3 with: spaces");
export const parties: Parties = { customer: "customer-1", business: "business-1" };

/** The handle of a chat session with this id. */
export function session(chatId: string, changes: Partial<ChatHandle> = {}): ChatHandle {
  return { chatId, secureKey: `key-${chatId}`, userId: `user-${chatId}`, alias: "1", server: "http://a", ...changes };
}

/** What a member says of itself when it joins. */
export function card(member: MemberId, changes: Partial<MemberCard> = {}): MemberCard {
  const own = { member, role: "worker", name: member.slice(0, 2), address: "127.0.0.1:1", version: "1" } as const;
  return { ...own, instance: "", capacity: 100, ...changes };
}
