import { type AgentPlanner, newAgentState } from "./agents/agent-planner.ts";
import type { ChatMockSettings } from "./options.ts";
import type { SeededRandom } from "./seeded-random.ts";
import {
  agentOf,
  type Caller,
  clientOf,
  type EndedBy,
  type NewEvent,
  type NumberedEvent,
  type Session,
  system,
} from "./session.ts";
import type { Store } from "./store/store.ts";

const touchMsMax = 1000;

export interface Opening {
  service: string;
  nickname: string;
  userData: Record<string, string>;
  caller: Caller | null;
}

/** What a client proves itself with. */
export interface SessionKey {
  chatId: string;
  secureKey: string;
}

interface Parts {
  store: Store;
  settings: ChatMockSettings;
  /** Chance of alias changes and agents. */
  chance: SeededRandom;
  planner: AgentPlanner;
}

/**
 * The life of chat sessions at one server instance.
 *
 * States: open (`endedBy` null) -> ended -> forgotten (`endedKeepMs` later). An open session is *held* by the instance
 * that served it last; a request at another instance restores it there: the alias changes, and with
 * `renumberOnRestore` the transcript too. Only the holder drives its agent. An ended session is read as it is.
 *
 * Everything but `peek` and `seenAt` must run inside `store.write`.
 */
export class Sessions {
  /** This process at this name: a restarted server is another instance. */
  readonly instance: string;
  readonly #parts: Parts;
  /** Exact time of the last request of each session held here; what is stored may be `#touchMs` older. */
  readonly #seenAt = new Map<string, number>();
  readonly #touchMs: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.instance = `${parts.settings.serverName}.${parts.settings.random.token(6)}`;
    this.#touchMs = Math.min(touchMsMax, parts.settings.flexDisconnectMs / 20);
  }

  create({ service, nickname, userData, caller }: Opening): Session {
    const { store, settings, chance, planner } = this.#parts;
    const now = settings.clock.wall();
    const session: Session = {
      chatId: settings.random.token(16),
      secureKey: settings.random.token(16),
      userId: settings.random.token(16).toUpperCase(),
      service,
      openedAt: now,
      alias: newAlias(chance, null),
      nickname,
      conversation: userData["_umsConversationId"] ?? null,
      server: this.instance,
      lastRequestAt: now,
      lastActivityAt: now,
      endedBy: null,
      endedAt: null,
      nextIndex: 1,
      userData,
      agent: newAgentState(chance),
    };
    store.sessions.insert(session);
    store.ledger.append(session, now, { kind: "created", userData, ...(caller && { caller }) });
    this.append(session, { from: clientOf(session), type: "ParticipantJoined" });
    planner.invite(session);
    return session;
  }

  /** The session as the request finds it, restored and touched if need be; null when unknown, forgotten or not the client's. */
  arrive(key: SessionKey): Session | null {
    const session = this.#authorized(key);
    if (session === null) return null;
    const { chance, settings } = this.#parts;
    if (this.#isAbandoned(session)) this.end(session, "idle-client");
    if (session.endedBy !== null) return session;
    if (session.server !== this.instance) this.#restore(session);
    else if (chance.strikes(settings.aliasChangeProbability)) session.alias = newAlias(chance, session.alias);
    session.lastRequestAt = settings.clock.wall();
    this.#seenAt.set(session.chatId, session.lastRequestAt);
    return session;
  }

  /** The session when `arrive` would change nothing that has to be written now, so that a poll costs no write; else null. */
  peek(key: SessionKey): Session | null {
    const session = this.#authorized(key);
    if (session === null || session.endedBy !== null) return session;
    const { settings } = this.#parts;
    const now = settings.clock.wall();
    if (session.server !== this.instance || this.#isAbandoned(session)) return null;
    if (settings.aliasChangeProbability > 0 || now - session.lastRequestAt >= this.#touchMs) return null;
    this.#seenAt.set(session.chatId, now);
    return session;
  }

  /** Gives the event its index and time and tells the ledger; the caller saves the session. */
  append(session: Session, event: NewEvent, caller: Caller | null = null): NumberedEvent {
    const { store, settings } = this.#parts;
    const utcTime = settings.clock.wall();
    const { from, ...rest } = event;
    const numbered = { from, index: session.nextIndex, utcTime, ...rest };
    session.nextIndex += 1;
    if (event.type === "Message" || event.type === "FileUploaded") session.lastActivityAt = utcTime;
    store.transcript.append(session.chatId, numbered);
    store.ledger.append(session, utcTime, { kind: "event", event: numbered, ...(caller && { caller }) });
    return numbered;
  }

  /** Ends an open session with the last event that its end shows; the caller saves it. */
  end(session: Session, endedBy: EndedBy, caller: Caller | null = null): void {
    const { store, settings } = this.#parts;
    if (endedBy === "agent") this.append(session, { from: agentOf(session), type: "ParticipantLeft" });
    else if (endedBy === "idle")
      this.append(session, { from: system, type: "Notice", text: "closed after inactivity" });
    else this.append(session, { from: clientOf(session), type: "ParticipantLeft" });
    session.endedBy = endedBy;
    session.endedAt = settings.clock.wall();
    session.agent.steps = [];
    store.ledger.append(session, session.endedAt, { kind: "ended", endedBy, ...(caller && { caller }) });
    this.#seenAt.delete(session.chatId);
  }

  /** When the last request of a session came, as exactly as this instance knows. */
  lastRequestAt(session: Session): number {
    return Math.max(session.lastRequestAt, this.#seenAt.get(session.chatId) ?? 0);
  }

  /** Ends sessions without requests or messages and forgets ended ones whose time is over. */
  sweep(): void {
    const { store, settings } = this.#parts;
    const { flexDisconnectMs, inactivityMs, endedKeepMs } = settings;
    const now = settings.clock.wall();
    for (const session of store.sessions.unrequested(now - flexDisconnectMs)) {
      if (this.#isAbandoned(session)) this.#endAndSave(session, "idle-client");
    }
    for (const chatId of inactivityMs > 0 ? store.sessions.inactive(now - inactivityMs) : []) {
      const session = store.sessions.find(chatId);
      if (session?.endedBy === null) this.#endAndSave(session, "idle");
    }
    for (const chatId of store.sessions.endedBefore(now - endedKeepMs, 1000)) store.sessions.forget(chatId);
    for (const [chatId, at] of this.#seenAt) if (now - at > flexDisconnectMs * 2) this.#seenAt.delete(chatId);
  }

  #endAndSave(session: Session, endedBy: EndedBy): void {
    this.end(session, endedBy);
    this.#parts.store.sessions.save(session);
  }

  #authorized({ chatId, secureKey }: SessionKey): Session | null {
    const { store, settings } = this.#parts;
    const session = store.sessions.find(chatId);
    if (session === null || session.secureKey !== secureKey) return null;
    const isForgotten = session.endedAt !== null && settings.clock.wall() - session.endedAt >= settings.endedKeepMs;
    return isForgotten ? null : session;
  }

  /** Another instance may have seen a request that it has not written yet, so its sessions get that much longer. */
  #isAbandoned(session: Session): boolean {
    const { clock, flexDisconnectMs } = this.#parts.settings;
    const graceMs = session.server === this.instance ? 0 : this.#touchMs;
    const silentMs = clock.wall() - this.lastRequestAt(session);
    return session.endedBy === null && silentMs >= flexDisconnectMs + graceMs;
  }

  #restore(session: Session): void {
    const { store, settings, chance } = this.#parts;
    session.server = this.instance;
    session.alias = newAlias(chance, session.alias);
    if (settings.renumberOnRestore) store.transcript.renumber(session);
  }
}

function newAlias(chance: SeededRandom, old: string | null): string {
  const alias = String(chance.integer(100, 999));
  return alias === old ? newAlias(chance, old) : alias;
}
