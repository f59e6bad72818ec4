import type { StatementSync } from "node:sqlite";
import type { EndedBy, Session } from "../session.ts";
import type { Database } from "./database.ts";

const fixedColumns = ["chatId", "secureKey", "userId", "service", "openedAt"] as const;
const mutableColumns = [
  "alias",
  "nickname",
  "conversation",
  "server",
  "lastRequestAt",
  "lastActivityAt",
  "endedBy",
  "endedAt",
  "nextIndex",
  "userData",
  "agent",
  "agentDueAt",
] as const;
const columns = [...fixedColumns, ...mutableColumns];

/** A row is a session with its two structured columns as JSON. */
type SessionRow = Omit<Session, "userData" | "agent"> & { userData: string; agent: string; agentDueAt: number | null };

/** The sessions of all servers of a store. */
export class SessionTable {
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #find: StatementSync;
  readonly #open: StatementSync;
  readonly #unrequested: StatementSync;
  readonly #inactive: StatementSync;
  readonly #agentsDue: StatementSync;
  readonly #endedBefore: StatementSync;
  readonly #forget: StatementSync[];

  constructor(database: Database) {
    const all = `SELECT ${columns.join(", ")} FROM sessions`;
    this.#insert = database.prepare(
      `INSERT INTO sessions (${columns.join(", ")}) VALUES (${columns.map((column) => `:${column}`).join(", ")})`,
    );
    this.#update = database.prepare(
      `UPDATE sessions SET ${mutableColumns.map((column) => `${column} = :${column}`).join(", ")} WHERE chatId = :chatId`,
    );
    this.#find = database.prepare(`${all} WHERE chatId = ?`);
    this.#open = database.prepare(`${all} WHERE endedBy IS NULL ORDER BY openedAt, chatId`);
    this.#unrequested = database.prepare(`${all} WHERE endedBy IS NULL AND lastRequestAt <= ?`);
    this.#inactive = database.prepare("SELECT chatId FROM sessions WHERE endedBy IS NULL AND lastActivityAt <= ?");
    this.#agentsDue = database.prepare(
      "SELECT chatId FROM sessions WHERE server = ? AND agentDueAt <= ? ORDER BY agentDueAt LIMIT ?",
    );
    this.#endedBefore = database.prepare(
      "SELECT chatId FROM sessions WHERE endedBy IS NOT NULL AND endedAt <= ? ORDER BY endedAt LIMIT ?",
    );
    this.#forget = ["sessions", "events", "files"].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE chatId = ?`),
    );
  }

  insert(session: Session): void {
    this.#insert.run(rowOf(session));
  }

  save(session: Session): void {
    const { secureKey: _key, userId: _user, service: _service, openedAt: _opened, ...row } = rowOf(session);
    this.#update.run(row);
  }

  find(chatId: string): Session | null {
    const row = this.#find.get(chatId);
    return row === undefined ? null : sessionOf(row);
  }

  open(): Session[] {
    return this.#open.all().map(sessionOf);
  }

  /** Open sessions whose last written request is not after `at`. */
  unrequested(at: number): Session[] {
    return this.#unrequested.all(at).map(sessionOf);
  }

  /** Open sessions whose last message is not after `at`. */
  inactive(at: number): string[] {
    return this.#inactive.all(at).map(({ chatId }) => String(chatId));
  }

  /** Sessions of one server instance whose agent has something to do by `at`, the most overdue first. */
  agentsDue(query: { server: string; at: number; limit: number }): string[] {
    return this.#agentsDue.all(query.server, query.at, query.limit).map(({ chatId }) => String(chatId));
  }

  endedBefore(at: number, limit: number): string[] {
    return this.#endedBefore.all(at, limit).map(({ chatId }) => String(chatId));
  }

  /** Removes a session with its transcript and files; the ledger keeps what it told. */
  forget(chatId: string): void {
    for (const statement of this.#forget) statement.run(chatId);
  }
}

function rowOf(session: Session): SessionRow {
  return {
    ...session,
    userData: JSON.stringify(session.userData),
    agent: JSON.stringify(session.agent),
    agentDueAt: session.endedBy === null ? (session.agent.steps[0]?.at ?? null) : null,
  };
}

function sessionOf(row: Record<string, unknown>): Session {
  const { agentDueAt: _due, ...stored } = row as unknown as SessionRow;
  return {
    ...stored,
    endedBy: stored.endedBy as EndedBy | null,
    userData: JSON.parse(stored.userData),
    agent: JSON.parse(stored.agent),
  };
}
