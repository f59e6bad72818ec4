import type { StatementSync } from "node:sqlite";
import type { NumberedEvent, Session } from "../session.ts";
import type { Database } from "./database.ts";

/** What a restored session may come back without. */
const volatileTypes = ["Notice", "CustomNotice", "TypingStarted", "TypingStopped"];

/** The events of all sessions, by position; a read from position n touches only what is after it. */
export class Transcript {
  readonly #insert: StatementSync;
  readonly #from: StatementSync;
  readonly #lasting: StatementSync;
  readonly #clear: StatementSync;

  constructor(database: Database) {
    const marks = volatileTypes.map(() => "?").join(", ");
    this.#insert = database.prepare("INSERT INTO events (chatId, position, type, json) VALUES (?, ?, ?, ?)");
    this.#from = database.prepare("SELECT json FROM events WHERE chatId = ? AND position >= ? ORDER BY position");
    this.#lasting = database.prepare(
      `SELECT json FROM events WHERE chatId = ? AND type NOT IN (${marks}) ORDER BY position`,
    );
    this.#clear = database.prepare("DELETE FROM events WHERE chatId = ?");
  }

  append(chatId: string, event: NumberedEvent): void {
    this.#insert.run(chatId, event.index, event.type, JSON.stringify(event));
  }

  /** JSON of the events from `position` on. */
  from(chatId: string, position: number): string[] {
    return this.#from.all(chatId, position).map(({ json }) => String(json));
  }

  /** Drops notices and typing events and numbers the others from 1 again; sets the session's `nextIndex`. */
  renumber(session: Session): void {
    const lasting = this.#lasting.all(session.chatId, ...volatileTypes);
    this.#clear.run(session.chatId);
    lasting.forEach(({ json }, place) => {
      const event: NumberedEvent = JSON.parse(String(json));
      this.append(session.chatId, { ...event, index: place + 1 });
    });
    session.nextIndex = lasting.length + 1;
  }
}
