import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { schema } from "./schema.ts";

/** How long a transaction waits for another process's transaction, which takes well under a millisecond. */
const busyMs = 5000;
const pauseMs = 10;

/**
 * One sqlite database, opened by any number of processes at once; without a file it is in memory.
 *
 * Why sqlite and not a journal file per session: a writer takes the database's one write lock (BEGIN IMMEDIATE), so two
 * servers that write to one session cannot give an index twice, and a process that dies by kill -9 leaves either all of
 * its transaction or nothing of it. `synchronous = OFF` is safe for that: only a crash of the machine loses writes.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements: Record<"begin" | "beginRead" | "commit" | "rollback", StatementSync>;

  /** Waits with `pause`, in milliseconds, while another process makes the file. */
  constructor(file: string | null, pause: (ms: number) => void = blockFor) {
    if (file !== null) mkdirSync(dirname(file), { recursive: true });
    this.#connection = new DatabaseSync(file ?? ":memory:");
    this.#writeAhead(pause);
    this.#connection.exec(`PRAGMA synchronous = OFF; PRAGMA busy_timeout = ${busyMs}`);
    this.#connection.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    this.#statements = {
      begin: this.prepare("BEGIN IMMEDIATE"),
      beginRead: this.prepare("BEGIN DEFERRED"),
      commit: this.prepare("COMMIT"),
      rollback: this.prepare("ROLLBACK"),
    };
  }

  /** A new file becomes a write-ahead one. That change, unlike a transaction, does not wait by itself for every lock. */
  #writeAhead(pause: (ms: number) => void): void {
    for (let triesLeft = busyMs / pauseMs; ; triesLeft--) {
      try {
        this.#connection.exec("PRAGMA journal_mode = WAL");
        return;
      } catch (error) {
        if (triesLeft === 0 || !isBusy(error)) throw error;
        pause(pauseMs);
      }
    }
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  /** Runs `work` as the only writer of all processes; nothing of it happened when it throws. */
  write<T>(work: () => T): T {
    return this.#transact("begin", work);
  }

  /** Runs `work` on one snapshot. */
  read<T>(work: () => T): T {
    return this.#transact("beginRead", work);
  }

  #transact<T>(begin: "begin" | "beginRead", work: () => T): T {
    this.#statements[begin].run();
    try {
      const result = work();
      this.#statements.commit.run();
      return result;
    } catch (error) {
      this.#statements.rollback.run();
      throw error;
    }
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }
}

function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Whether a transaction could not begin because another process held the lock too long; nothing of it was executed. */
export function isBusy(caught: unknown): boolean {
  return caught instanceof Error && "errcode" in caught && (Number(caught.errcode) & 0xff) === 5;
}
