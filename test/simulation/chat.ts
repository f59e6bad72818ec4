import type { ChatEvent, ChatHandle } from "@dms/protocol";
import {
  type Authority,
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

/** Which server is asked, and in whose name. */
export interface Caller {
  server: string;
  authority: Authority;
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

  create({ server, authority }: Caller, opening: ChatOpening): Outcome<ChatTurn> {
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
      files: new Map(),
      agent: { isPresent: false, said: 0, leavesAfter: this.agents.leavesAfter(chance) },
      chance,
    };
    this.#sessions.set(chatId, session);
    const hubConversationId = opening.userData["_umsConversationId"] ?? `chat ${chatId}`;
    this.#ledger.created({ chatId, hubConversationId, at: this.#wall() }, authority);
    this.#append(session, { from: clientOf(session), type: "ParticipantJoined" });
    this.agents.invite(session);
    return this.#turn(session, 1);
  }

  send(
    caller: Caller,
    handle: ChatHandle,
    post: { text: string; messageType: string; position: number },
  ): Outcome<ChatTurn> {
    return this.#onOpen(caller, { handle, operation: "send" }, (session) => {
      if (post.text.includes(refusedText)) return refused("send", false);
      const { text, messageType } = post;
      this.#append(session, { from: clientOf(session), type: "Message", messageType, text }, caller.authority);
      this.agents.answer(session);
      return this.#turn(session, post.position);
    });
  }

  refresh(caller: Caller, handle: ChatHandle, position: number): Outcome<ChatTurn> {
    return this.#onSession(caller, { handle, operation: "refresh" }, (session) => this.#turn(session, position));
  }

  typing(caller: Caller, handle: ChatHandle, isTyping: boolean): Outcome<ChatTurn> {
    return this.#onOpen(caller, { handle, operation: "typing" }, (session) => {
      this.#append(session, { from: clientOf(session), type: isTyping ? "TypingStarted" : "TypingStopped" });
      return this.#turn(session, 0);
    });
  }

  /** User data is nothing that is judged. */
  update(caller: Caller, handle: ChatHandle): Outcome<ChatTurn> {
    return this.#onOpen(caller, { handle, operation: "update" }, (session) => this.#turn(session, 0));
  }

  upload(caller: Caller, handle: ChatHandle, file: FileContent): Outcome<ChatTurn> {
    return this.#onOpen(caller, { handle, operation: "upload" }, (session) => {
      if (file.name.includes(refusedText)) return refused("upload", false);
      const fileId = `file-${session.files.size + 1}`;
      session.files.set(fileId, file);
      const userData = { "file-id": fileId, "file-name": file.name };
      this.#append(
        session,
        { from: clientOf(session), type: "FileUploaded", text: file.name, userData },
        caller.authority,
      );
      return this.#turn(session, 0);
    });
  }

  download({ server }: Caller, handle: ChatHandle, fileId: string): Outcome<FileContent> {
    const session = this.#find(handle);
    const file = session?.files.get(fileId);
    if (session === null || file === undefined) return refused("download", session === null);
    this.#touch(session, server);
    return succeeded(file);
  }

  disconnect(caller: Caller, handle: ChatHandle): Outcome<ChatTurn> {
    return this.#onSession(caller, { handle, operation: "disconnect" }, (session) => {
      if (session.endedBy === null) this.end(session, "client", caller.authority);
      return this.#turn(session, 0);
    });
  }

  /** Somebody looked at every open session at this server, which therefore serves it now. */
  restoreAt(server: string): void {
    for (const session of this.#sessions.values()) {
      if (session.endedBy === null && session.server !== server) restore(session, server, this.#plan.isRenumbered);
    }
  }

  end(session: ChatSession, endedBy: string, authority: Authority | null = null): void {
    if (session.endedBy !== null) return;
    if (endedBy === "idle") this.#append(session, { from: system, type: "Notice", text: "closed after inactivity" });
    else this.#append(session, { from: clientOf(session), type: "ParticipantLeft" });
    session.endedBy = endedBy;
    this.#ledger.ended(session.chatId, endedBy, { at: this.#wall(), authority });
  }

  #wall(): number {
    return Math.floor(wallStartMs + this.#now);
  }

  #append(session: ChatSession, event: Omit<ChatEvent, "index" | "utcTime">, authority: Authority | null = null): void {
    const at = this.#wall();
    const numbered = { ...event, index: session.events.length + 1, utcTime: at } as ChatEvent;
    session.events.push(numbered);
    if (event.type === "Message" || event.type === "FileUploaded") session.lastActivityAt = this.#now;
    this.#ledger.event(session.chatId, numbered, { at, authority });
  }

  #find(handle: ChatHandle): ChatSession | null {
    const session = this.#sessions.get(handle.chatId);
    if (session === undefined || session.secureKey !== handle.secureKey) return null;
    return session;
  }

  #touch(session: ChatSession, server: string): void {
    if (session.endedBy !== null) return;
    if (session.server !== server) restore(session, server, this.#plan.isRenumbered);
    session.lastRequestAt = this.#now;
  }

  #onSession(
    caller: Caller,
    { handle, operation }: { handle: ChatHandle; operation: string },
    act: (session: ChatSession) => Outcome<ChatTurn>,
  ): Outcome<ChatTurn> {
    const session = this.#find(handle);
    if (session === null) return refused(operation, true);
    this.#touch(session, caller.server);
    return act(session);
  }

  #onOpen(
    caller: Caller,
    request: { handle: ChatHandle; operation: string },
    act: (session: ChatSession) => Outcome<ChatTurn>,
  ): Outcome<ChatTurn> {
    return this.#onSession(caller, request, (session) =>
      session.endedBy === null ? act(session) : refused(request.operation, true),
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
