import type { ChildProcess } from "node:child_process";
import { follow } from "./command.ts";
import type { Tally, Told } from "./tally.ts";

/** A line of a member's log that a proof looks at. */
export interface LogLine {
  source: string;
  event: string;
  time: string;
  [fact: string]: unknown;
}

/** Follows the logs of members that come and go. What a member says is gone with its container, so it is read as it is said. */
export class MemberLogs implements Tally {
  readonly lines: LogLine[] = [];
  readonly #options: { list: () => Promise<string[]>; command: (name: string) => string[] };
  readonly #following = new Map<string, ChildProcess>();
  readonly #heard = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `list` names the members that run now, `command` is the program that writes a member's log from its beginning on. */
  constructor(options: { list: () => Promise<string[]>; command: (name: string) => string[] }) {
    this.#options = options;
  }

  start(): void {
    const look = async (): Promise<void> => {
      try {
        for (const name of await this.#options.list()) this.#followOne(name);
      } catch {
        // An engine that does not answer now is asked again.
      }
      this.#timer = setTimeout(() => void look(), 500);
    };
    void look();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const child of this.#following.values()) child.kill();
  }

  /** Members whose logs are read to their end need not be asked for what they count. */
  read(): Promise<Told> {
    const [shown, suppressed] = [this.of("message-shown").length, this.of("duplicate-suppressed").length];
    return Promise.resolve({ shown, suppressed });
  }

  /** Lines of an event since an instant of the wall clock. */
  of(event: string, since = 0): LogLine[] {
    return this.lines.filter((line) => line.event === event && Date.parse(line.time) >= since);
  }

  #followOne(name: string): void {
    if (this.#following.has(name)) return;
    const child = follow(this.#options.command(name), (text) => this.#take(name, text));
    this.#following.set(name, child);
    // A container that is only being made has no log yet, and one that was started again goes on in the same.
    child.once("close", () => this.#following.delete(name));
  }

  #take(source: string, text: string): void {
    // A log that is followed a second time begins from its beginning.
    const key = `${source} ${text}`;
    if (!text.startsWith("{") || this.#heard.has(key)) return;
    this.#heard.add(key);
    try {
      this.lines.push({ source, ...(JSON.parse(text) as { event: string; time: string }) });
    } catch {
      // A line cut in two by the end of a container says nothing.
    }
  }
}
