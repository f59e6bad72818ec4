import type { ChatEvent } from "@dms/protocol";
import type { FileContent } from "@dms/rules";
import type { Chance } from "./chance.ts";

/** A chat session as all chat servers of a run share it. */
export interface ChatSession {
  chatId: string;
  secureKey: string;
  /** The server that serves it; another one that is asked restores it there. */
  server: string;
  alias: string;
  nickname: string;
  events: ChatEvent[];
  /** Virtual milliseconds. */
  lastRequestAt: number;
  lastActivityAt: number;
  endedBy: string | null;
  files: Map<string, FileContent>;
  agent: { isPresent: boolean; said: number; leavesAfter: number };
  chance: Chance;
}

export const system = { nickname: "system", participantId: 0, type: "External" };
const volatileTypes = new Set(["Notice", "CustomNotice", "TypingStarted", "TypingStopped"]);

export function clientOf(session: ChatSession): ChatEvent["from"] {
  return { nickname: session.nickname, participantId: 1, type: "Client" };
}

export const agentParty: ChatEvent["from"] = { nickname: "agent", participantId: 2, type: "Agent" };

/** Another server serves the session from now on: its alias changes, and its transcript may be renumbered. */
export function restore(session: ChatSession, server: string, isRenumbered: boolean): void {
  session.server = server;
  session.alias = String(Number(session.alias) + 1);
  if (!isRenumbered) return;
  session.events = session.events
    .filter(({ type }) => !volatileTypes.has(type))
    .map((event, place) => ({ ...event, index: place + 1 }));
}
