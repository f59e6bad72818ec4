import type { ConversationId, MemberId } from "@dms/protocol";

/**
 * Every key's name. A partition's keys share one hash tag, the registry's another, so that each transition is atomic in a
 * Redis Cluster too. The Lua prelude makes the same names from the prefix; `keys.redis.test.ts` holds the two together.
 */
export interface Keys {
  /** The cluster's name. */
  cluster: string;
  /** Prefix of the registry's keys. */
  registry: string;
  partition(this: void, partition: number): string;
  inbox(partition: number, member: MemberId): string;
  conversation(partition: number, id: ConversationId): string;
  owned(partition: number, member: MemberId): string;
  /** List of the chat servers that the records name by their place in it. */
  servers(partition: number): string;
  dead(partition: number): string;
  journal(partition: number): string;
}

export function makeKeys(cluster: string): Keys {
  const partition = (p: number): string => `dms:{${cluster}:${p}}:`;
  return {
    cluster,
    registry: `dms:{${cluster}}:`,
    partition,
    inbox: (p, member) => `${partition(p)}inbox:${member}`,
    conversation: (p, id) => `${partition(p)}conversation:${id}`,
    owned: (p, member) => `${partition(p)}owned:${member}`,
    servers: (p) => `${partition(p)}servers`,
    dead: (p) => `${partition(p)}dead`,
    journal: (p) => `${partition(p)}journal`,
  };
}
