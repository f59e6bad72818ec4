import type { MessageKind, PlannedMessage } from "./plan.ts";
import { refusedText } from "./chat.ts";
import type { World } from "./world.ts";
import { killerText } from "./world.ts";

/** What a customer's message says; every text names its message, so that the checkers can tell them apart. */
export function draftOf(message: PlannedMessage, number: number): Record<string, unknown> {
  const { conversation, kind } = message;
  const envelope = {
    conversationId: conversation,
    type: "text",
    from: { id: `customer ${conversation}` },
    to: { id: "business" },
  };
  return { ...envelope, ...bodies[kind](`${conversation} says ${number}`, number) };
}

const bodies: Record<MessageKind, (text: string, number: number) => Record<string, unknown>> = {
  text: (text) => ({ text }),
  refused: (text) => ({ text: `${text} ${refusedText}` }),
  killer: (text) => ({ text: `${text} ${killerText}` }),
  media: (text, number) => ({
    type: "media",
    media: [{ id: `photo-${number}`, name: `photo-${number}.jpg`, caption: `${text} caption` }],
    text,
  }),
  "lost-media": (text, number) => ({
    type: "media",
    media: [{ id: `gone-${number}`, name: `gone-${number}.jpg` }],
    text,
  }),
  typing: () => ({ type: "activity", activity: "typing-started" }),
  ended: () => ({ type: "activity", activity: "ended" }),
  receipt: (_text, number) => ({ type: "receipt", receipt: { messageId: `out-${number}`, status: "read" } }),
  malformed: (text) => ({ text, from: "nobody" }),
};

/** Sends all planned messages to the hub, each at its time. */
export function sendMessages(world: World): void {
  for (const [index, message] of world.plan.messages.entries()) {
    world.schedule.at(message.at * 1000, () => {
      const number = index + 1;
      if (message.kind === "media") {
        const name = `photo-${number}.jpg`;
        world.hub.storeFile(`photo-${number}`, { name, mime: "image/jpeg", bytes: Buffer.from(name) });
      }
      world.note("customer", message.kind, draftOf(message, number));
      world.hub.receive(draftOf(message, number), message.skip);
    });
  }
}
