import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";

/** Settings changed at run time, shared by all servers of the store. */
export class SettingsTable {
  readonly #get: StatementSync;
  readonly #put: StatementSync;

  constructor(database: Database) {
    this.#get = database.prepare("SELECT json FROM settings WHERE name = ?");
    this.#put = database.prepare(
      "INSERT INTO settings (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json",
    );
  }

  /** JSON of a setting, null when nobody has set it. */
  get(name: string): string | null {
    const row = this.#get.get(name);
    return row === undefined ? null : String(row["json"]);
  }

  put(name: string, json: string): void {
    this.#put.run(name, json);
  }
}
