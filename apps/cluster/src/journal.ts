import type { LogEvent } from "@dms/testkit";
import { plural } from "./paint.ts";

export type Tone = "plain" | "good" | "bad" | "own";

/** A line of the journal. `count` grows while the same goes on happening. */
export interface JournalLine {
  at: number;
  tone: Tone;
  text: string;
}

interface Entry {
  at: number;
  /** When something was added to it. */
  latestAt: number;
  isGiven: boolean;
  key: string;
  tone: Tone;
  count: number;
  text: (count: number) => string;
}

type Telling = Omit<Entry, "at" | "latestAt" | "isGiven" | "count"> & { count?: number };

const entriesMax = 200;
/** What happens again within so long belongs to the line that is there: each partition reports for itself. */
const sameMs = 2000;
const lineMsMax = 30_000;

/** What happened to the cluster, as an operator tells it: from the processes' log events, like things in one line. */
export class Journal {
  readonly #entries: Entry[] = [];

  /** Takes a log event of the process `name`. Most events are no news. */
  take(name: string, event: LogEvent, at: number): void {
    const telling = tellings[event.event]?.(name, event);
    if (telling !== undefined && telling !== null) this.#add(telling, at);
  }

  /** Somebody did something to the cluster. */
  note(text: string, at: number): void {
    this.#add({ key: `${text} ${at}`, tone: "own", text: () => text }, at);
  }

  /** The latest lines, oldest first. */
  lines(count: number): JournalLine[] {
    return this.#entries.slice(-count).map(lineOf);
  }

  /** Lines that nothing will be added to any more by `at`, each once, oldest first. */
  settled(at: number): JournalLine[] {
    const settled = this.#entries.filter((entry) => !entry.isGiven && !isOpen(entry, at));
    for (const entry of settled) entry.isGiven = true;
    return settled.map(lineOf);
  }

  #add({ key, tone, text, count = 1 }: Telling, at: number): void {
    const same = this.#entries.findLast((entry) => entry.key === key && isOpen(entry, at));
    if (same !== undefined) {
      same.latestAt = at;
      same.count += count;
      return;
    }
    this.#entries.push({ at, latestAt: at, isGiven: false, key, tone, text, count });
    if (this.#entries.length > entriesMax) this.#entries.shift();
  }
}

function isOpen({ at: since, latestAt }: Entry, at: number): boolean {
  return at - latestAt < sameMs && at - since < lineMsMax;
}

function lineOf({ at, tone, text, count }: Entry): JournalLine {
  return { at, tone, text: text(count) };
}

type Tell = (name: string, event: LogEvent) => Telling | null;

/** An event whose line is always the same but for how often it happened. */
function counted(tone: Tone, words: (name: string, event: LogEvent) => string): Tell {
  return (name, event) => {
    const text = words(name, event);
    return { key: text, tone, text: (count) => (count === 1 ? text : `${text}, ${count} times`) };
  };
}

function word(event: LogEvent, field: string): string {
  const value = event[field];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const cannotPost = counted("bad", (name, event) => `${name} cannot post (${word(event, "code")})`);

const tellings: Record<string, Tell> = {
  "member-joined": (name, event) => {
    const member = word(event, "member");
    return { key: `joined ${member}`, tone: "good", text: () => `${name} joined as ${member}` };
  },
  "member-left": counted("plain", (_name, event) => `${word(event, "member")} left`),
  "lease-lost": counted("bad", (_name, event) => `${word(event, "member")} lost its lease (${word(event, "cause")})`),
  "member-evicted": (_name, event) => {
    const text = `evicted ${word(event, "member")} (${word(event, "cause")})`;
    return { key: text, tone: "bad", text: (count) => `${text} from ${plural(count, "partition")}` };
  },
  rehomed: (_name, event) => {
    const count = Number(event["conversations"] ?? 0);
    if (count === 0) return null;
    const from = word(event, "from");
    const whose = from === "unplaced" ? "that had no worker" : `of ${from} (${word(event, "cause")})`;
    return {
      key: `rehomed ${whose}`,
      tone: "good",
      count,
      text: (all) => `rehomed ${plural(all, "conversation")} ${whose}`,
    };
  },
  "conversation-moved": (name, event) => {
    const why = word(event, "cause");
    return {
      key: `handed off ${name} ${why}`,
      tone: "plain",
      text: (count) => `${name} handed off ${plural(count, "conversation")} (${why})`,
    };
  },
  "leader-gained": (name) => ({
    key: `leads ${name}`,
    tone: "plain",
    text: (count) => `${name} took the lead of ${plural(count, "partition")}`,
  }),
  "fetcher-gained": counted("plain", (name, event) => `${name} fetches ${word(event, "channel")} now`),
  "supervisor.child-died": counted("bad", (name, event) => `${name} died (exit ${word(event, "code")}), comes back`),
  "supervisor.death-reported": counted("plain", (_name, event) => `death of ${word(event, "member")} proved`),
  "drain-started": counted("plain", (name) => `${name} drains`),
  "drain-ended": counted("plain", (name, event) => `${name} drained in ${Math.round(Number(event["durationMs"]))} ms`),
  "message-buried": counted("bad", (name, event) => `${name} buried a message (${word(event, "reason")})`),
  "message-malformed": counted("bad", (name) => `${name} buried what breaks the contract`),
  "duplicate-possible": counted("bad", (name) => `${name} may have shown a message twice`),
  "duplicate-suppressed": (name, event) => ({
    key: `suppressed ${name}`,
    tone: "good",
    count: Number(event["posts"] ?? 1),
    text: (count) => `${name} found ${plural(count, "post")} shown already`,
  }),
  "reply-conflict": counted("bad", (name) => `${name} was told 409 for a reply`),
  "reply-refused": counted("bad", (name) => `${name} was refused a reply`),
  "redis-reset": counted("plain", (name) => `${name} reads its partitions anew`),
  "redis-failed": counted("bad", (name) => `${name} cannot reach Redis`),
  "fetch-failed": counted(
    "bad",
    (name, event) => `${name} cannot ${word(event, "operation")} (${word(event, "code")})`,
  ),
  "fetch-paused": counted("bad", (name) => `${name} stopped fetching: the backlog is high`),
  "fetch-resumed": counted("good", (name) => `${name} fetches again`),
  "fetch-gap": counted("bad", (name) => `${name} found a gap in what was taken`),
  // Status 2 is a session that its agent has left meanwhile: an everyday thing.
  "post-failed": (name, event) => (event["code"] === "status-2" ? null : cannotPost(name, event)),
  "reply-failed": counted("bad", (name, event) => `${name} cannot reply (${word(event, "code")})`),
  "process.crashed": counted("bad", (name) => `${name} crashed; its log says why`),
};
