/** One parsed line of a process's log. */
export type LogEvent = Record<string, unknown> & { event: string; time?: string };

const eventsMax = 5000;

/** Takes a process's output apart into log events, keeps the latest, and lets others wait for one. */
export class AppLog {
  /** The latest events, oldest first. */
  readonly events: LogEvent[] = [];
  readonly #listeners = new Set<(event: LogEvent) => void>();
  #rest = "";

  take(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = eventIn(line);
      if (event === null) continue;
      this.events.push(event);
      if (this.events.length > eventsMax) this.events.splice(0, eventsMax / 10);
      for (const listener of this.#listeners) listener(event);
    }
  }

  /** Tells of every event from now on, until the answer is called. */
  onEvent(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest events as text, for the message of a failed wait. */
  tail(lines: number): string {
    return this.events
      .slice(-lines)
      .map((event) => JSON.stringify(event))
      .join("\n");
  }
}

function eventIn(line: string): LogEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    return { ...fields, event: typeof fields["event"] === "string" ? fields["event"] : "" };
  } catch {
    // A line that was cut by a kill -9 is no event.
    return null;
  }
}
