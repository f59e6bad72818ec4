import type { StatementSync } from "node:sqlite";
import type { Caller, EndedBy, NumberedEvent, Session } from "../session.ts";
import type { Database } from "./database.ts";

/** One thing that happened at the chat servers of a store. `at` is in wall clock milliseconds. */
export interface LedgerEvent {
  at: number;
  chatId: string;
  conversation: string | null;
  kind: "created" | "event" | "ended";
  /** With `event`: as numbered when it happened, whatever a restoration makes of it later. */
  event?: NumberedEvent;
  /** With `created`. */
  userData?: Record<string, string>;
  /** With `ended`. */
  endedBy?: EndedBy;
  /** Who said to have made the call that it comes from; absent where nobody did. */
  caller?: Caller;
}

export interface LedgerReport {
  events: LedgerEvent[];
  /** What to ask `from` next. */
  next: number;
}

type Detail = Pick<LedgerEvent, "event" | "userData" | "endedBy" | "caller">;

/** Append-only record of everything the chat servers did, in one total order; what checkers read. */
export class Ledger {
  readonly #insert: StatementSync;
  readonly #from: StatementSync;

  constructor(database: Database) {
    this.#insert = database.prepare(
      "INSERT INTO ledger (at, chatId, conversation, kind, detail) VALUES (?, ?, ?, ?, ?)",
    );
    this.#from = database.prepare(
      "SELECT seq, at, chatId, conversation, kind, detail FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?",
    );
  }

  append(session: Session, at: number, entry: Detail & { kind: LedgerEvent["kind"] }): void {
    const { kind, ...detail } = entry;
    this.#insert.run(at, session.chatId, session.conversation, kind, JSON.stringify(detail));
  }

  /** At most `limit` rows (all when it is null) after those that a report with `next = from` has given. */
  report(from: number, limit: number | null): LedgerReport {
    const rows = this.#from.all(from, limit ?? -1);
    const events = rows.map(({ at, chatId, conversation, kind, detail }) => {
      const known = { at, chatId, conversation, kind } as LedgerEvent;
      return { ...known, ...(JSON.parse(String(detail)) as Detail) };
    });
    return { events, next: Number(rows.at(-1)?.["seq"] ?? from) };
  }
}
