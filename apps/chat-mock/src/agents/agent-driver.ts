import type { Clock, Random } from "@dms/runtime";
import { SeededRandom } from "../seeded-random.ts";
import { agentOf, type Session } from "../session.ts";
import type { Sessions } from "../sessions.ts";
import type { Store } from "../store/store.ts";
import type { AgentPlanner } from "./agent-planner.ts";
import type { AgentStep } from "./agent-state.ts";
import { phrases, quickReplies } from "./phrases.ts";

/** Sessions served in one transaction, so that a tick never holds the store's write lock for long. */
const sessionsPerTickMax = 200;

interface Parts {
  store: Store;
  sessions: Sessions;
  planner: AgentPlanner;
  clock: Clock;
  random: Random;
}

/**
 * Does what agents have planned, for the sessions that this server instance holds. Exactly one server drives an agent:
 * holding a session is a column that changes only under the store's write lock, under which every step is done.
 */
export class AgentDriver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Does every step that is due. */
  tick(): void {
    const { store, sessions, planner, clock } = this.#parts;
    const due = { server: sessions.instance, at: clock.wall(), limit: sessionsPerTickMax };
    if (store.sessions.agentsDue(due).length === 0 || !planner.options.enabled) return;
    store.write(() => {
      for (const chatId of store.sessions.agentsDue(due)) {
        const session = store.sessions.find(chatId);
        if (session === null) continue;
        this.#advance(session, due.at);
        store.sessions.save(session);
      }
    });
  }

  /** The agent says `text` at once, after joining if it has not; must run inside `store.write`, the caller saves. */
  say(session: Session, text: string): void {
    if (!session.agent.isPresent) this.#join(session);
    this.#post(session, text, null);
  }

  #advance(session: Session, now: number): void {
    const { agent } = session;
    for (let step = agent.steps[0]; step !== undefined && step.at <= now; step = agent.steps[0]) {
      agent.steps.shift();
      this.#do(session, step);
      const { endAfterMessages } = this.#parts.planner.options;
      const isSatisfied = endAfterMessages !== null && agent.said >= endAfterMessages;
      if (isSatisfied && session.endedBy === null) this.#parts.sessions.end(session, "agent");
    }
  }

  #do(session: Session, { kind }: AgentStep): void {
    const { sessions } = this.#parts;
    const from = agentOf(session);
    switch (kind) {
      case "join":
        return this.#join(session);
      case "typing-started":
        return void sessions.append(session, { from, type: "TypingStarted" });
      case "typing-stopped":
        return void sessions.append(session, { from, type: "TypingStopped" });
      case "text":
        return this.#post(session, this.#phrase(session), null);
      case "structured": {
        const text = this.#phrase(session);
        return this.#post(session, text, quickReplies(text));
      }
      case "file":
        return this.#share(session);
      case "leave":
        return sessions.end(session, "agent");
    }
  }

  #join(session: Session): void {
    session.agent.isPresent = true;
    session.agent.steps = session.agent.steps.filter(({ kind }) => kind !== "join");
    this.#parts.sessions.append(session, { from: agentOf(session), type: "ParticipantJoined" });
  }

  #post(session: Session, text: string, eventAttributes: Record<string, unknown> | null): void {
    this.#parts.sessions.append(session, {
      from: agentOf(session),
      type: "Message",
      text: `${nextMarker(session)} ${text}`,
      messageType: "text",
      ...(eventAttributes !== null && { eventAttributes }),
    });
  }

  #share(session: Session): void {
    const { store, sessions, random } = this.#parts;
    const marker = nextMarker(session);
    const name = `note-${session.agent.said}.txt`;
    const fileId = random.token(12);
    const bytes = Buffer.from(`${marker} ${this.#phrase(session)}\n`);
    const mime = "text/plain";
    store.files.insert(session.chatId, { fileId, name, mime, isClients: false, bytes });
    sessions.append(session, {
      from: agentOf(session),
      type: "FileUploaded",
      text: name,
      userData: {
        "file-id": fileId,
        "file-name": name,
        "file-size": String(bytes.byteLength),
        "file-type": mime,
        "file-description": marker,
      },
    });
  }

  #phrase(session: Session): string {
    const chance = new SeededRandom(session.agent.seed);
    const phrase = chance.pick(phrases);
    session.agent.seed = chance.state;
    return phrase;
  }
}

/** What makes every agent text unique and readable: `@<chatId>-<n>`. */
function nextMarker(session: Session): string {
  session.agent.said += 1;
  return `@${session.chatId}-${session.agent.said}`;
}
