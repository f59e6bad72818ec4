import { createHash } from "node:crypto";
import { inboundMessageSchema, type Media, type OutboundMessage } from "@dms/protocol";
import { classify, failed, type FetchedMessage, type FileContent, type Hub, type Outcome, succeeded } from "@dms/rules";
import type { Ledger, LoggedMessage } from "./ledger.ts";
import type { Link } from "./links.ts";
import type { Network, OutsideRequest, Peer } from "./network.ts";
import { wallStartMs } from "./process.ts";
import type { Schedule } from "./schedule.ts";

interface Waiter {
  after: number | null;
  limit: number;
  answer: (outcome: Outcome<FetchedMessage[]>) => void;
}

/** How late a request may reach the hub: its keys make any lateness harmless. */
const lateMsMax = 15_000;

/** The hub of a run: one channel's log, confirmations, replies under keys, files. */
export class SimulatedHub implements Peer {
  readonly name = "hub";
  state: Peer["state"] = "up";
  readonly #schedule: Schedule;
  readonly #ledger: Ledger;
  readonly #log: LoggedMessage[] = [];
  readonly #keys = new Map<string, { id: string; body: string }>();
  readonly #files = new Map<string, FileContent>();
  readonly #waiters = new Set<Waiter>();
  #sent = 0;
  confirmedUpTo = 0;
  /** Confirmations come to nothing, and are not answered. */
  losesConfirms = false;
  /** Customers whose messages the hub refuses for good, by their id. */
  readonly blocked = new Set<string>();

  constructor(schedule: Schedule, ledger: Ledger) {
    this.#schedule = schedule;
    this.#ledger = ledger;
  }

  get newest(): number {
    return this.#log.at(-1)?.sequence ?? 0;
  }

  /** Time of day at the hub, in whole milliseconds. */
  #wall(): number {
    return Math.floor(wallStartMs + this.#schedule.now / 1000);
  }

  /** A customer's message comes in; `skip` sequences are left out before it. */
  receive(draft: Record<string, unknown>, skip: number): void {
    const sequence = this.newest + 1 + skip;
    const receivedAt = this.#wall();
    const id = `in-${sequence}`;
    const message = { ...draft, sequence, id, sentAt: new Date(receivedAt).toISOString() };
    const logged = { sequence, id, receivedAt, message };
    this.#log.push(logged);
    this.#ledger.received(logged);
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.answer(succeeded(this.#read(waiter.after, waiter.limit)));
    }
  }

  storeFile(id: string, file: FileContent): void {
    this.#files.set(id, file);
  }

  #read(after: number | null, limit: number): FetchedMessage[] {
    const from = Math.max(after ?? 0, this.confirmedUpTo);
    return this.#log
      .filter(({ sequence }) => sequence > from)
      .slice(0, limit)
      .map(({ sequence, message }): FetchedMessage => {
        const parsed = inboundMessageSchema.safeParse(message);
        if (parsed.success) return { sequence, parsed: true, message: parsed.data };
        return { sequence, parsed: false, raw: JSON.stringify(message), fault: "it breaks the contract" };
      });
  }

  #fetch(
    query: { after: number | null; limit: number; waitMs: number },
    answer: (outcome: Outcome<FetchedMessage[]>) => void,
  ): Outcome<FetchedMessage[]> | null {
    const messages = this.#read(query.after, query.limit);
    if (messages.length > 0 || query.waitMs === 0) return succeeded(messages);
    const waiter: Waiter = { after: query.after, limit: query.limit, answer };
    this.#waiters.add(waiter);
    this.#schedule.in(query.waitMs, () => {
      if (this.#waiters.delete(waiter)) answer(succeeded([]));
    });
    return null;
  }

  #confirm(upTo: number): Outcome<number> | null {
    if (this.losesConfirms && upTo > 0) return null;
    this.confirmedUpTo = Math.max(this.confirmedUpTo, Math.min(upTo, this.newest));
    return succeeded(this.confirmedUpTo);
  }

  #send(message: OutboundMessage, key: string): Outcome<{ id: string; replayed: boolean }> {
    const body = createHash("sha1").update(JSON.stringify(message)).digest("hex");
    const known = this.#keys.get(key);
    if (known !== undefined) {
      if (known.body === body) {
        this.#ledger.history.replays++;
        return succeeded({ id: known.id, replayed: true });
      }
      this.#ledger.history.conflicts++;
      return failed(classify({ kind: "status", status: 409 }, "hub", "hub send"));
    }
    if (this.blocked.has(message.to)) return failed(classify({ kind: "status", status: 422 }, "hub", "hub send"));
    const id = `out-${++this.#sent}`;
    this.#keys.set(key, { id, body });
    this.#ledger.sent({ id, key, acceptedAt: this.#wall(), message });
    return succeeded({ id, replayed: false });
  }

  #upload(file: FileContent): Outcome<Media> {
    const id = `media-${this.#files.size + 1}`;
    this.#files.set(id, file);
    return succeeded({ id, mime: file.mime, bytes: file.bytes.length, name: file.name });
  }

  #download(media: Media): Outcome<FileContent> {
    const file = this.#files.get(media.id);
    return file ? succeeded(file) : failed(classify({ kind: "status", status: 404 }, "hub", "hub download"));
  }

  /** The hub as one process reaches it. */
  port(network: Network, link: Link, timeoutMs: number): Hub {
    const call = <T>(
      operation: string,
      signal: AbortSignal,
      rest: { execute: OutsideRequest<T>["execute"]; waitMs?: number },
    ): Promise<Outcome<T>> =>
      network.request({
        operation,
        audience: "hub",
        peer: this,
        link,
        timeoutMs: timeoutMs + (rest.waitMs ?? 0),
        signal,
        lateMsMax,
        mayRepeat: true,
        execute: rest.execute,
      });
    return {
      fetch: (query, signal) =>
        call("fetch", signal, { execute: (answer) => this.#fetch(query, answer), waitMs: query.waitMs }),
      confirm: (upTo, signal) => call("confirm", signal, { execute: () => this.#confirm(upTo) }),
      send: (message, key, signal) => call("send", signal, { execute: () => this.#send(message, key) }),
      activity: (_activity, signal) => call("activity", signal, { execute: () => succeeded(null) }),
      upload: (file, signal) => call("upload", signal, { execute: () => this.#upload(file) }),
      download: (media, signal) => call("download", signal, { execute: () => this.#download(media) }),
    };
  }
}
