import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";

/** A file in a session. `isClients` tells the client's own from an agent's. */
export interface StoredFile {
  fileId: string;
  name: string;
  mime: string;
  isClients: boolean;
  bytes: Uint8Array;
}

/** What the client of a session has used of its limits. */
export interface FileUse {
  files: number;
  bytes: number;
  downloads: number;
}

/** Files of all sessions, as bytes. */
export class FileTable {
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #countDownload: StatementSync;
  readonly #delete: StatementSync;
  readonly #use: StatementSync;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT INTO files (chatId, fileId, name, mime, isClients, isDeleted, downloads, size, bytes)
       VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?)`,
    );
    this.#find = database.prepare(
      "SELECT fileId, name, mime, isClients, bytes FROM files WHERE chatId = ? AND fileId = ? AND isDeleted = 0",
    );
    this.#countDownload = database.prepare(
      "UPDATE files SET downloads = downloads + 1 WHERE chatId = ? AND fileId = ?",
    );
    // The row stays: a deleted file was used.
    this.#delete = database.prepare("UPDATE files SET isDeleted = 1, bytes = x'' WHERE chatId = ? AND fileId = ?");
    this.#use = database.prepare(
      `SELECT coalesce(sum(isClients), 0) AS files, coalesce(sum(isClients * size), 0) AS bytes,
              coalesce(sum(downloads), 0) AS downloads FROM files WHERE chatId = ?`,
    );
  }

  insert(chatId: string, { fileId, name, mime, isClients, bytes }: StoredFile): void {
    this.#insert.run(chatId, fileId, name, mime, isClients ? 1 : 0, bytes.byteLength, bytes);
  }

  find(chatId: string, fileId: string): StoredFile | null {
    const row = this.#find.get(chatId, fileId) as unknown as StoredFile | undefined;
    return row === undefined ? null : { ...row, isClients: Boolean(row.isClients) };
  }

  countDownload(chatId: string, fileId: string): void {
    this.#countDownload.run(chatId, fileId);
  }

  delete(chatId: string, fileId: string): void {
    this.#delete.run(chatId, fileId);
  }

  use(chatId: string): FileUse {
    return this.#use.get(chatId) as unknown as FileUse;
  }
}
