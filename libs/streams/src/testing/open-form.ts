import type { ConversationId, MemberId } from "@dms/protocol";
import type { InboxReader, Partitions, Registry } from "@dms/rules";
import { type Durability, systemClock } from "@dms/runtime";
import type { RedisForm } from "@dms/testkit";
import { makeInboxReader } from "../inbox-reader.ts";
import { type Keys, makeKeys } from "../keys.ts";
import { makePartitions } from "../partition-store.ts";
import { RedisWire } from "../redis-wire.ts";
import { makeRegistry } from "../registry-store.ts";
import { channel, d1 } from "./cast.ts";

/** What a process has of one form of Redis, by the servers' own clocks. */
export interface OpenForm {
  wire: RedisWire;
  keys: Keys;
  registry: Registry;
  partitions: Partitions;
  inbox: InboxReader;
  notices: string[];
  /** The partitions of each reset, in order. */
  resets: number[][];
  /** Lets a worker into a partition. */
  admit: (partition: number, member: MemberId) => Promise<void>;
  /** Accepts one message of a conversation, the next of its partition. */
  give: (partition: number, conversation: ConversationId, payload: string) => Promise<void>;
}

export interface FormOptions {
  durability?: Durability;
  durabilityTimeoutMs?: number;
  partitions?: number;
  commandTimeoutMs?: number;
}

/** Opens everything that streams has over a form. The caller closes `wire`. */
export async function openForm(form: Pick<RedisForm, "settings">, options: FormOptions = {}): Promise<OpenForm> {
  const { durability = "none", durabilityTimeoutMs = 800, partitions: count = 1, commandTimeoutMs = 1000 } = options;
  const notices: string[] = [];
  const settings = { ...form.settings, commandTimeoutMs };
  const onNotice = (notice: string): void => void notices.push(notice);
  const wire = new RedisWire({ settings, durability, durabilityTimeoutMs, clock: systemClock, onNotice });
  try {
    await wire.open();
  } catch (caught) {
    wire.close();
    throw caught;
  }
  const keys = makeKeys("test");
  let nonce = 0;
  const random = { token: () => `n${++nonce}`, fraction: () => 0 };
  const stores = { wire, keys, partitions: count, leaseMs: 3000, clock: systemClock, random };
  const partitions = makePartitions(stores);
  const resets: number[][] = [];
  partitions.onReset((affected) => void resets.push(affected));
  const sequences = new Map<number, number>();
  return {
    wire,
    keys,
    registry: makeRegistry(stores),
    partitions,
    inbox: makeInboxReader(wire, keys, systemClock),
    notices,
    resets,
    async admit(partition, member) {
      const lease = await partitions.lead(partition, d1, null);
      if (lease.status !== "held") throw new Error("a new lease was not free");
      await partitions.admit({ partition, holder: d1, token: lease.token }, member, "active");
    },
    async give(partition, conversation, payload) {
      const after = sequences.get(partition) ?? 0;
      const messages = [{ sequence: after + 1, conversation, payload }];
      await partitions.accept(partition, { channel, after, upTo: after + 1, isRestart: false, messages });
      sequences.set(partition, after + 1);
    },
  };
}
