import { samplesIn } from "@dms/testkit";
import type { PortForward } from "./port-forward.ts";
import type { Tally, Told } from "./tally.ts";

const everyMs = 1000;
const answerMs = 2000;

/**
 * What members that come and go count in their metrics, summed up. A member is asked every second and once more at each
 * reading: what it did after the last answer before its end is not told.
 */
export class MemberCounts implements Tally {
  readonly #options: { list: () => Promise<string[]>; open: (name: string) => Promise<PortForward> };
  readonly #ways = new Map<string, PortForward>();
  readonly #opening = new Set<string>();
  readonly #last = new Map<string, Told>();
  readonly #sum: Told = { shown: 0, suppressed: 0 };
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** `list` names the members that run now, `open` makes a way to a member's port of metrics. */
  constructor(options: { list: () => Promise<string[]>; open: (name: string) => Promise<PortForward> }) {
    this.#options = options;
  }

  start(): void {
    const look = async (): Promise<void> => {
      await this.read();
      if (!this.#isStopped) this.#timer = setTimeout(() => void look(), everyMs);
    };
    void look();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const way of this.#ways.values()) way.stop();
  }

  async read(): Promise<Told> {
    // One look at a time: an older answer that came later would look like a process that began anew.
    this.#looking = this.#looking.then(() => this.#look());
    await this.#looking;
    return { ...this.#sum };
  }

  async #look(): Promise<void> {
    // An engine that does not answer now is asked again; the ways that are open stay so.
    const names = await this.#options.list().catch(() => [...this.#ways.keys()]);
    for (const [name, way] of this.#ways) {
      if (names.includes(name)) continue;
      way.stop();
      this.#ways.delete(name);
    }
    for (const name of names) if (!this.#ways.has(name) && !this.#opening.has(name)) void this.#open(name);
    await Promise.all([...this.#ways].map(([name, way]) => this.#ask(name, way)));
  }

  async #open(name: string): Promise<void> {
    this.#opening.add(name);
    try {
      const way = await this.#options.open(name);
      if (this.#isStopped) way.stop();
      else this.#ways.set(name, way);
    } catch {
      // It has gone meanwhile, or is tried again by the next look.
    } finally {
      this.#opening.delete(name);
    }
  }

  async #ask(name: string, { port }: PortForward): Promise<void> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(answerMs) });
      const text = await response.text();
      if (response.ok) this.#take(name, text);
    } catch {
      // A member that has just begun, or that is ending, does not answer.
    }
  }

  #take(name: string, text: string): void {
    const samples = samplesIn(text);
    const sumOf = (metric: string, outcome?: string): number =>
      samples
        .filter((sample) => sample.name === metric && sample.labels["outcome"] === outcome)
        .reduce((sum, { value }) => sum + value, 0);
    const now: Told = {
      shown: sumOf("dms_messages_total", "shown"),
      suppressed: sumOf("dms_duplicates_suppressed_total"),
    };
    const last = this.#last.get(name) ?? { shown: 0, suppressed: 0 };
    this.#last.set(name, now);
    // A count that fell is that of a process which was started again under the same name.
    for (const what of ["shown", "suppressed"] as const)
      this.#sum[what] += now[what] < last[what] ? now[what] : now[what] - last[what];
  }
}
