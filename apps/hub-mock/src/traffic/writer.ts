import type { Media } from "@dms/protocol";
import type { InboundDraft } from "../messages.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { nameOf, textOf } from "./texts.ts";

/** One customer who writes. `id` is the conversation's, and names it in every text. */
export interface Writer {
  id: string;
  customer: { id: string; name: string };
  business: { id: string };
  /** Messages written so far. */
  written: number;
  /** Messages after which the conversation is over. */
  length: number;
}

export type MessageType = "text" | "media" | "location" | "contact" | "interactive" | "receipt" | "activity";

export interface WritingOptions {
  random: SeededRandom;
  types: Partial<Record<MessageType, number>>;
  /** Files that messages may refer to. */
  files: readonly Media[];
  /** Id of the last message to this customer, if there was one. */
  lastSentTo: (conversationId: string) => string | undefined;
}

export const usualTypes = {
  text: 80,
  media: 5,
  location: 2,
  contact: 1,
  interactive: 4,
  receipt: 3,
  activity: 5,
} as const;

const leaveShare = 0.3;

type Content = { type: MessageType } & Partial<InboundDraft>;

/** Who `id` is: one customer with one business address, as the contract has it. */
export function createWriter(id: string, options: { channel: string; length: number; random: SeededRandom }): Writer {
  return {
    id,
    customer: { id: `customer-${id}`, name: nameOf(options.random) },
    business: { id: `business-${options.channel}` },
    written: 0,
    length: options.length,
  };
}

/** The writer's next message: of a random type, and now and then the last one says that the customer has left. */
export function writeNext(writer: Writer, options: WritingOptions): InboundDraft {
  writer.written += 1;
  const { random, types } = options;
  const isLast = writer.written >= writer.length && writer.length > 1;
  const leaves = isLast && (types.activity ?? 0) > 0 && random.fraction() < leaveShare;
  const content: Content = leaves
    ? { type: "activity", activity: "ended" }
    : contents[random.weighted(types)](`#${writer.id}-${writer.written}`, options, writer);
  return { conversationId: writer.id, from: writer.customer, to: writer.business, ...content };
}

const contents: Record<MessageType, (marker: string, options: WritingOptions, writer: Writer) => Content> = {
  text: (marker, { random }) => ({ type: "text", text: textOf(marker, random) }),
  media: (marker, { random, files }) => {
    if (files.length === 0) return { type: "text", text: textOf(marker, random) };
    const first: Media = { ...random.pick(files), caption: `${marker} see attached 📎` };
    const others = Array.from({ length: random.fraction() < 0.2 ? 2 : 0 }, () => ({ ...random.pick(files) }));
    return { type: "media", media: [first, ...others] };
  },
  location: (marker, { random }) => ({
    type: "location",
    location: {
      latitude: random.fraction() * 180 - 90,
      longitude: random.fraction() * 360 - 180,
      name: `${marker} Café Ω`,
      address: "Hauptstraße 1, 50667 Köln",
    },
  }),
  contact: (marker, { random }) => ({
    type: "contact",
    contact: { name: `${marker} ${nameOf(random)}`, phones: [{ type: "mobile", number: "+49 170 0000000" }] },
  }),
  interactive: (marker, { random }) => {
    const kind = random.pick(["quick-reply", "list", "date-time", "form"] as const);
    return {
      type: "interactive",
      interactive: { kind, id: `choice-${random.integer(1, 9)}`, title: `${marker} Yes ✅` },
    };
  },
  receipt: (_marker, { random, lastSentTo }, { id }) => {
    const status = random.pick(["sent", "delivered", "read", "failed"] as const);
    const reason = status === "failed" ? { reason: "the customer's phone is off" } : {};
    // Real hubs also report on what somebody else sent under the same business account.
    return { type: "receipt", receipt: { messageId: lastSentTo(id) ?? `elsewhere-${id}`, status, ...reason } };
  },
  activity: (_marker, { random }) => {
    const activity = random.weighted({ "typing-started": 48, "typing-stopped": 48, ended: 4 });
    return { type: "activity", activity };
  },
};
