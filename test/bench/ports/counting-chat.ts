import type { ChatEvent, ChatHandle } from "@dms/protocol";
import { type Chat, type ChatTurn, succeeded } from "@dms/rules";
import type { Shown } from "./shown.ts";

/** Every process has sessions of its own; what it knows of another's begins when that one's conversation comes to it. */
const chatIdStart = `0001Ha${process.pid.toString(36)}-`;

/**
 * A chat server without a network: answers as Chat API Version 2 does, the own post in the answer to its send included,
 * and counts each post at the checker. Of a transcript it keeps the length alone.
 */
export class CountingChat implements Chat {
  readonly #shown: Shown;
  /** Outside the heap, whose growth is what the bench looks at. */
  readonly #lengths: Uint32Array;
  /** Of sessions that another process made. */
  readonly #foreign = new Map<string, number>();
  sessions = 0;
  polls = 0;

  constructor(shown: Shown, sessionsMax: number) {
    this.#shown = shown;
    this.#lengths = new Uint32Array(sessionsMax + 1);
  }

  async create(): ReturnType<Chat["create"]> {
    const number = ++this.sessions;
    this.#lengths[number] = 1;
    const handle = {
      chatId: `${chatIdStart}${String(number).padStart(8, "0")}`,
      secureKey: "a58fba05c5d3b6a4d5",
      userId: `007256E53D${number}`,
      alias: "117",
      server: "http://chat-1.example.com:8080/genesys",
    };
    return succeeded({ handle, ended: false, nextPosition: 2, events: [] });
  }

  async send(handle: ChatHandle, post: { text: string }): ReturnType<Chat["send"]> {
    this.#shown.show(post.text);
    const index = this.#lengthOf(handle) + 1;
    this.#setLength(handle, index);
    const event: ChatEvent = { from: { type: "Client" }, index, type: "Message", text: post.text };
    return succeeded({ handle, ended: false, nextPosition: index + 1, events: [event] });
  }

  async refresh(handle: ChatHandle, position: number): ReturnType<Chat["refresh"]> {
    this.polls++;
    const length = this.#lengthOf(handle);
    const events: ChatEvent[] = [];
    for (let index = Math.max(position, 2); index <= length; index++) {
      events.push({ from: { type: "Client" }, index, type: "Message", text: "" });
    }
    return succeeded({ handle, ended: false, nextPosition: length + 1, events });
  }

  async typing(handle: ChatHandle): ReturnType<Chat["typing"]> {
    return this.#nothing(handle);
  }

  async update(handle: ChatHandle): ReturnType<Chat["update"]> {
    return this.#nothing(handle);
  }

  async disconnect(handle: ChatHandle): ReturnType<Chat["disconnect"]> {
    return this.#nothing(handle);
  }

  under(): Chat {
    return this;
  }

  upload(): never {
    throw new Error("the bench's chat server takes no files");
  }

  download(): never {
    throw new Error("the bench's chat server holds no files");
  }

  #lengthOf({ chatId }: ChatHandle): number {
    if (!chatId.startsWith(chatIdStart)) return this.#foreign.get(chatId) ?? 1;
    return this.#lengths[Number(chatId.slice(chatIdStart.length))] ?? 0;
  }

  #setLength({ chatId }: ChatHandle, length: number): void {
    if (chatId.startsWith(chatIdStart)) this.#lengths[Number(chatId.slice(chatIdStart.length))] = length;
    else this.#foreign.set(chatId, length);
  }

  #nothing(handle: ChatHandle): { ok: true; value: ChatTurn } {
    return { ok: true, value: { handle, ended: false, nextPosition: 0, events: [] } };
  }
}
