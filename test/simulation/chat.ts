import type { ChatEvent, ChatHandle } from "@dms/protocol";
import {
  type ChatOpening,
  type ChatTurn,
  classify,
  failed,
  type FileContent,
  type Outcome,
  succeeded,
} from "@dms/rules";
import { Agents, type AgentPlan } from "./agents.ts";
import type { Chance } from "./chance.ts";
import { type ChatSession, clientOf, restore, system } from "./chat-session.ts";
import type { Ledger } from "./ledger.ts";
import type { Peer } from "./network.ts";
import { wallStartMs } from "./process.ts";
import type { Schedule } from "./schedule.ts";

export interface ChatPlan {
  servers: number;
  isRenumbered: boolean;
  /** A session without requests, without messages, ends after so long; milliseconds. */
  unrequestedMs: number;
  inactivityMs: number;
  agents: AgentPlan;
}

/** Texts that every chat server refuses. */
export const refusedText = "refused";

const sweepMs = 500;

/** The chat servers of a run, which share their sessions; each may be down or silent by itself. */
export class SimulatedChat {
  readonly servers: Peer[];
  readonly agents: Agents;
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  readonly #plan: ChatPlan;
  readonly #sessions = new Map<string, ChatSession>();
  #created = 0;

  constructor(parts: { schedule: Schedule; ledger: Ledger; chance: Chance }, plan: ChatPlan) {
    this.#schedule = parts.schedule;
    this.#ledger = parts.ledger;
    this.#chance = parts.chance;
    this.#plan = plan;
    this.servers = Array.from({ length: plan.servers }, (_, i) => ({ name: `chat-${i + 1}`, state: "up" }));
    this.agents = new Agents(this.#schedule, plan.agents, {
      append: (session, event) => this.#append(session, event),
      end: (session, endedBy) => this.end(session, endedBy),
    });
    this.#sweepLater();
  }

  get sessions(): Iterable<ChatSession> {
    return this.#sessions.values();
  }

  get #now(): number {
    return this.#schedule.now / 1000;
  }

  create(server: string, opening: ChatOpening): Outcome<ChatTurn> {
    const chatId = `chat${++this.#created}`;
    const chance = this.#chance.stream(chatId);
    const session: ChatSession = {
      chatId,
      secureKey: chance.token(8),
      server,
      alias: "100",
      nickname: opening.nickname,
      events: [],
      lastRequestAt: this.#now,
      lastActivityAt: this.#now,
      endedBy: null,
      isForgotten: false,
      files: new Map(),
      agent: { isPresent: false, said: 0, leavesAfter: this.agents.leavesAfter(chance) },
      chance,
    };
    this.#sessions.set(chatId, session);
    const hubConversationId = opening.userData["_umsConversationId"] ?? `chat ${chatId}`;
    this.#ledger.created({ chatId, hubConversationId, at: this.#wall() });
    this.#append(session, { from: clientOf(session), type: "ParticipantJoined" });
    this.agents.invite(session);
    return this.#turn(session, 1);
  }

  send(
    server: string,
    handle: ChatHandle,
    post: { text: string; messageType: string; position: number },
  ): Outcome<ChatTurn> {
    return this.#onOpen(server, handle, "send", (session) => {
      if (post.text.includes(refusedText)) return refused("send", false);
      const { text, messageType } = post;
      this.#append(session, { from: clientOf(session), type: "Message", messageType, text });
      this.agents.answer(session);
      return this.#turn(session, post.position);
    });
  }

  refresh(server: string, handle: ChatHandle, position: number): Outcome<ChatTurn> {
    return this.#onSession(server, handle, "refresh", (session) => this.#turn(session, position));
  }

  typing(server: string, handle: ChatHandle, isTyping: boolean): Outcome<ChatTurn> {
    return this.#onOpen(server, handle, "typing", (session) => {
      this.#append(session, { from: clientOf(session), type: isTyping ? "TypingStarted" : "TypingStopped" });
      return this.#turn(session, 0);
    });
  }

  upload(server: string, handle: ChatHandle, file: FileContent): Outcome<ChatTurn> {
    return this.#onOpen(server, handle, "upload", (session) => {
      if (file.name.includes(refusedText)) return refused("upload", false);
      const fileId = `file-${session.files.size + 1}`;
      session.files.set(fileId, file);
      const userData = { "file-id": fileId, "file-name": file.name };
      this.#append(session, { from: clientOf(session), type: "FileUploaded", text: file.name, userData });
      return this.#turn(session, 0);
    });
  }

  download(server: string, handle: ChatHandle, fileId: string): Outcome<FileContent> {
    const session = this.#find(handle);
    const file = session?.files.get(fileId);
    if (session === null || file === undefined) return refused("download", session === null);
    this.#touch(session, server);
    return succeeded(file);
  }

  disconnect(server: string, handle: ChatHandle): Outcome<ChatTurn> {
    return this.#onSession(server, handle, "disconnect", (session) => {
      if (session.endedBy === null) this.end(session, "client");
      return this.#turn(session, 0);
    });
  }

  end(session: ChatSession, endedBy: string): void {
    if (session.endedBy !== null) return;
    if (endedBy === "idle") this.#append(session, { from: system, type: "Notice", text: "closed after inactivity" });
    else this.#append(session, { from: clientOf(session), type: "ParticipantLeft" });
    session.endedBy = endedBy;
    this.#ledger.ended(session.chatId, endedBy, this.#wall());
  }

  #wall(): number {
    return Math.floor(wallStartMs + this.#now);
  }

  #append(session: ChatSession, event: Omit<ChatEvent, "index" | "utcTime">): void {
    const at = this.#wall();
    const numbered = { ...event, index: session.events.length + 1, utcTime: at } as ChatEvent;
    session.events.push(numbered);
    if (event.type === "Message" || event.type === "FileUploaded") session.lastActivityAt = this.#now;
    this.#ledger.event(session.chatId, numbered, at);
  }

  #find(handle: ChatHandle): ChatSession | null {
    const session = this.#sessions.get(handle.chatId);
    if (session === undefined || session.isForgotten || session.secureKey !== handle.secureKey) return null;
    return session;
  }

  #touch(session: ChatSession, server: string): void {
    if (session.endedBy !== null) return;
    if (session.server !== server) restore(session, server, this.#plan.isRenumbered);
    session.lastRequestAt = this.#now;
  }

  #onSession(
    server: string,
    handle: ChatHandle,
    operation: string,
    act: (session: ChatSession) => Outcome<ChatTurn>,
  ): Outcome<ChatTurn> {
    const session = this.#find(handle);
    if (session === null) return refused(operation, true);
    this.#touch(session, server);
    return act(session);
  }

  #onOpen(
    server: string,
    handle: ChatHandle,
    operation: string,
    act: (session: ChatSession) => Outcome<ChatTurn>,
  ): Outcome<ChatTurn> {
    return this.#onSession(server, handle, operation, (session) =>
      session.endedBy === null ? act(session) : refused(operation, true),
    );
  }

  #turn(session: ChatSession, position: number): Outcome<ChatTurn> {
    const { chatId, secureKey, alias, server } = session;
    const isAsked = position > 0;
    return succeeded({
      handle: { chatId, secureKey, userId: "user", alias, server },
      ended: session.endedBy !== null,
      nextPosition: isAsked ? session.events.length + 1 : 0,
      events: isAsked ? session.events.slice(position - 1) : [],
    });
  }

  #sweepLater(): void {
    this.#schedule.in(sweepMs, () => {
      for (const session of this.#sessions.values()) {
        if (session.endedBy !== null) continue;
        if (this.#now - session.lastRequestAt > this.#plan.unrequestedMs) this.end(session, "idle-client");
        else if (this.#now - session.lastActivityAt > this.#plan.inactivityMs) this.end(session, "idle");
      }
      this.#sweepLater();
    });
  }
}

/** statusCode 2: of a session that is over or unknown, or of a request that is refused. */
function refused(operation: string, isEnded: boolean): Outcome<never> {
  if (operation === "download") return failed(classify({ kind: "status", status: 404 }, "chat-file", "chat download"));
  return failed({
    verdict: isEnded ? "ended" : "reject",
    executed: "unknown",
    code: "status-2",
    detail: `chat ${operation}: answered statusCode 2`,
  });
}
