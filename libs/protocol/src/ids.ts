import { crc32 } from "node:zlib";

/**
 * The id of a conversation inside the cluster: `<channel>:<the hub's conversationId>`.
 * A channel's name has no colon (see `channelNamePattern`), so the two parts can always be told apart.
 */
export type ConversationId = string & { readonly conversation: true };

/** One incarnation of a process: `<name>.<random>`. A restarted process is another member. */
export type MemberId = string & { readonly member: true };

/** What a channel may be called: the hub contract's `channelId`. */
export const channelNamePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Owner of conversations that found no worker; a member that is always dead. */
export const unplaced = "unplaced" as MemberId;

/** Makes the cluster's id of a conversation from the channel and the hub's own id (any string). */
export function conversationId(channel: string, hubConversationId: string): ConversationId {
  return `${channel}:${hubConversationId}` as ConversationId;
}

/** Splits a cluster's conversation id into `{ channel, hubConversationId }`. */
export function splitConversationId(id: ConversationId): { channel: string; hubConversationId: string } {
  const colon = id.indexOf(":");
  return { channel: id.slice(0, colon), hubConversationId: id.slice(colon + 1) };
}

/** The partition (0 to partitions - 1) that a conversation always belongs to. */
export function partitionOf(id: ConversationId, partitions: number): number {
  return crc32(id) % partitions;
}
