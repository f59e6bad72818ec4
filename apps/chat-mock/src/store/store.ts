import { Database } from "./database.ts";
import { FileTable } from "./file-table.ts";
import { Ledger } from "./ledger.ts";
import { SessionTable } from "./session-table.ts";
import { SettingsTable } from "./settings-table.ts";
import { Transcript } from "./transcript.ts";

/** All that the chat servers of a store share. Change more than one row, or read then write, inside `write` only. */
export class Store {
  readonly sessions: SessionTable;
  readonly transcript: Transcript;
  readonly ledger: Ledger;
  readonly files: FileTable;
  readonly settings: SettingsTable;
  readonly #database: Database;

  /** Opens the sqlite file, making it if it is not there; null is a store in memory for one server alone. */
  constructor(file: string | null) {
    this.#database = new Database(file);
    this.sessions = new SessionTable(this.#database);
    this.transcript = new Transcript(this.#database);
    this.ledger = new Ledger(this.#database);
    this.files = new FileTable(this.#database);
    this.settings = new SettingsTable(this.#database);
  }

  write<T>(work: () => T): T {
    return this.#database.write(work);
  }

  read<T>(work: () => T): T {
    return this.#database.read(work);
  }

  close(): void {
    this.#database.close();
  }
}
