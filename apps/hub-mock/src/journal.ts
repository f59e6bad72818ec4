import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { DmsError } from "@dms/runtime";

const chunkBytes = 1024 * 1024;

/**
 * An append-only file of JSON lines. A line is in the operating system's hands when `append` returns, so it survives
 * the process's death by any signal; it is not synced to the disk, because this is a test tool and machines outlive tests.
 */
export class Journal {
  readonly #file: number;
  #bytes: number;

  private constructor(file: number, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Opens or creates the file and gives every complete line to `replay`. A last line without its end was being written
   * when the process died: nobody was answered for it, so it is cut off. A broken line elsewhere throws.
   */
  static open(path: string, replay: (record: unknown) => void): Journal {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, "a+");
    const { complete, read } = replayLines(file, (line, number) => replay(parseLine(line, { path, number })));
    // Never beyond what was read: a hub that runs on this file already goes on writing, and the port stops this one.
    if (complete < read) ftruncateSync(file, complete);
    return new Journal(file, complete);
  }

  /** Appends all records or, when the disk refuses, none, and throws. */
  append(records: readonly unknown[]): void {
    const lines = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    try {
      let written = 0;
      while (written < lines.length) written += writeSync(this.#file, lines, written);
    } catch (error) {
      ftruncateSync(this.#file, this.#bytes);
      throw error;
    }
    this.#bytes += lines.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Gives each complete line to `take`; answers the offset behind the last of them, and where the file ended. */
function replayLines(file: number, take: (line: string, number: number) => void): { complete: number; read: number } {
  const chunk = Buffer.alloc(chunkBytes);
  let rest: Buffer[] = [];
  let offset = 0;
  let complete = 0;
  let number = 0;
  for (;;) {
    const length = readSync(file, chunk, 0, chunkBytes, offset);
    if (length === 0) return { complete, read: offset };
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0 && end < length; end = chunk.indexOf(10, start)) {
      number += 1;
      take(Buffer.concat([...rest, chunk.subarray(start, end)]).toString(), number);
      rest = [];
      start = end + 1;
      complete = offset + start;
    }
    rest.push(Buffer.from(chunk.subarray(start, length)));
    offset += length;
  }
}

function parseLine(line: string, where: { path: string; number: number }): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new DmsError(
      "DMS_HUB_MOCK_JOURNAL_BROKEN",
      `${where.path} line ${where.number} is no JSON: move the file away to start with an empty hub`,
      { cause: error, details: where },
    );
  }
}
