import type { ChatEvent } from "@dms/protocol";
import type { Chance } from "./chance.ts";
import { agentParty, type ChatSession } from "./chat-session.ts";
import type { Schedule } from "./schedule.ts";

/** How agents behave; milliseconds, shares from 0 to 1. */
export interface AgentPlan {
  answers: number;
  thinkMsMax: number;
  /** Of agents who leave after some words. */
  leaves: number;
  files: number;
  structured: number;
  notices: number;
}

interface Deeds {
  append(session: ChatSession, event: Omit<ChatEvent, "index" | "utcTime">): void;
  end(session: ChatSession, endedBy: string): void;
}

const saysMax = 6;

/** Agents who answer what customers write, share files and leave. */
export class Agents {
  isEnabled = true;
  readonly #schedule: Schedule;
  readonly #plan: AgentPlan;
  readonly #deeds: Deeds;

  constructor(schedule: Schedule, plan: AgentPlan, deeds: Deeds) {
    this.#schedule = schedule;
    this.#plan = plan;
    this.#deeds = deeds;
  }

  leavesAfter(chance: Chance): number {
    return chance.strikes(this.#plan.leaves) ? chance.whole(1, saysMax) : Number.POSITIVE_INFINITY;
  }

  invite(session: ChatSession): void {
    this.#later(session, () => this.#join(session));
  }

  answer(session: ChatSession): void {
    if (!session.chance.strikes(this.#plan.answers)) return;
    const count = session.chance.strikes(0.2) ? 2 : 1;
    for (let i = 0; i < count; i++) this.#later(session, () => this.#say(session));
  }

  #later(session: ChatSession, act: () => void): void {
    this.#schedule.in(session.chance.fraction() * this.#plan.thinkMsMax, () => {
      if (this.isEnabled && session.endedBy === null) act();
    });
  }

  #join(session: ChatSession): void {
    if (session.agent.isPresent) return;
    session.agent.isPresent = true;
    this.#deeds.append(session, { from: agentParty, type: "ParticipantJoined" });
  }

  #say(session: ChatSession): void {
    const { chance, agent } = session;
    this.#join(session);
    if (chance.strikes(this.#plan.notices)) this.#deeds.append(session, { from: agentParty, type: "TypingStarted" });
    agent.said++;
    const text = `@${session.chatId}-${agent.said}`;
    if (chance.strikes(this.#plan.files)) this.#share(session, text);
    else {
      const structured = { "structured-content": { k: { contentType: "quick-replies", content: { text } } } };
      const attributes = chance.strikes(this.#plan.structured) ? { eventAttributes: structured } : {};
      this.#deeds.append(session, { from: agentParty, type: "Message", messageType: "text", text, ...attributes });
    }
    if (agent.said < agent.leavesAfter) return;
    this.#deeds.append(session, { from: agentParty, type: "ParticipantLeft" });
    this.#deeds.end(session, "agent");
  }

  #share(session: ChatSession, text: string): void {
    const fileId = `file-${session.files.size + 1}`;
    const name = `${text}.txt`;
    session.files.set(fileId, { name, mime: "text/plain", bytes: Buffer.from(text) });
    const userData = { "file-id": fileId, "file-name": name };
    this.#deeds.append(session, { from: agentParty, type: "FileUploaded", text: name, userData });
  }
}
