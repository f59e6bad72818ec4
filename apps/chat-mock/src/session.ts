import type { chatEventTypes } from "@dms/protocol";
import type { AgentState } from "./agents/agent-state.ts";

export const endings = ["client", "agent", "idle", "idle-client"] as const;
/** Who or what ended a session: `idle` for want of messages, `idle-client` for want of protocol requests. */
export type EndedBy = (typeof endings)[number];

/** Who says to have made a call, by its headers. The server believes nobody and refuses nothing for it: it only writes it down. */
export interface Caller {
  member: string;
  grant: string;
}

/** A chat session as stored; times are wall clock milliseconds. */
export interface Session {
  readonly chatId: string;
  readonly secureKey: string;
  readonly userId: string;
  readonly service: string;
  readonly openedAt: number;
  /** Names the chat server towards the client; may change. */
  alias: string;
  /** The client's name in the transcript. */
  nickname: string;
  /** The user data's `_umsConversationId`, null without one. */
  conversation: string | null;
  /** The server instance that served the session last. */
  server: string;
  /** As written last; the serving instance knows it more exactly. */
  lastRequestAt: number;
  /** When the last message or file came, from either side. */
  lastActivityAt: number;
  endedBy: EndedBy | null;
  endedAt: number | null;
  /** Index that the next event gets. */
  nextIndex: number;
  userData: Record<string, string>;
  agent: AgentState;
}

/** An event before the transcript gives it its index and time. */
export interface NewEvent {
  from: Participant;
  type: (typeof chatEventTypes)[number];
  text?: string;
  messageType?: string;
  userData?: Record<string, string>;
  eventAttributes?: Record<string, unknown>;
}

/** An event as its transcript shows it: `index` counts from 1, `utcTime` is in milliseconds. */
export interface NumberedEvent extends NewEvent {
  index: number;
  utcTime: number;
}

export interface Participant {
  nickname: string;
  participantId: number;
  type: "Client" | "Agent" | "External";
}

export function clientOf(session: Session): Participant {
  return { nickname: session.nickname, participantId: 1, type: "Client" };
}

export function agentOf(session: Session): Participant {
  return { nickname: session.agent.nickname, participantId: 2, type: "Agent" };
}

/** The chat server itself, which speaks in notices. */
export const system: Participant = { nickname: "system", participantId: 0, type: "External" };
