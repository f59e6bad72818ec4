import type { ChatEvent, ChatHandle } from "@dms/protocol";
import {
  type Chat,
  type ChatFile,
  type ChatOpening,
  type ChatTurn,
  type FileContent,
  type Outcome,
  succeeded,
} from "@dms/rules";
import { CallScript, gone, within } from "./call-script.ts";

/** A session as the chat server keeps it. */
export interface ChatRoom {
  chatId: string;
  opening: ChatOpening;
  events: ChatEvent[];
  isOpen: boolean;
  /** Whether its transcript can still be read once it is over. */
  isReadable: boolean;
  /** Changes when another server has the session. */
  alias: string;
}

const systemParty = { nickname: "system", participantId: 0, type: "External" };
const customerParty = { nickname: "customer", participantId: 1, type: "Client" };
const agentParty = { nickname: "agent", participantId: 2, type: "Agent" };

/** How an event of ours reads in a transcript that a test compares. */
function textOf(event: ChatEvent): string {
  return event.type === "FileUploaded" ? `file ${String(event.userData?.["file-name"])}` : (event.text ?? "");
}

/** A chat server that keeps transcripts and whose calls have the fate that a test scripts. */
export class ScriptedChat implements Chat {
  readonly script = new CallScript();
  readonly rooms: ChatRoom[] = [];
  readonly typings: boolean[] = [];
  /** Changes of user data, by session. */
  readonly userData = new Map<string, Record<string, string>>();
  #files = new Map<string, FileContent>();
  #saidAt = 0;

  /** Own posts of each session, in order. */
  get shown(): Record<string, string[]> {
    const entries = this.rooms.map(({ chatId, events }): [string, string[]] => [
      chatId,
      events.filter(({ from, type }) => from.type === "Client" && /^(Message|FileUploaded)$/.test(type)).map(textOf),
    ]);
    return Object.fromEntries(entries);
  }

  room(chatId: string): ChatRoom {
    const room = this.rooms.find((each) => each.chatId === chatId);
    if (room === undefined) throw new Error(`there is no session ${chatId}`);
    return room;
  }

  /** An agent writes into a session. */
  say(chatId: string, text: string, changes: Partial<ChatEvent> = {}): void {
    this.#append(this.room(chatId), { from: agentParty, type: "Message", text, ...changes });
  }

  /** An agent puts a file into a session. */
  sayFile(chatId: string, name: string): void {
    const fileId = `agent-${this.#files.size + 1}`;
    this.#files.set(fileId, { name, mime: "text/plain", bytes: Buffer.from(name) });
    const userData = { "file-id": fileId, "file-name": name };
    this.#append(this.room(chatId), { from: agentParty, type: "FileUploaded", userData });
  }

  /** The agent leaves and the session is over. */
  end(chatId: string): void {
    const room = this.room(chatId);
    this.#append(room, { from: agentParty, type: "ParticipantLeft" });
    room.isOpen = false;
  }

  /** Another server takes the session over: notices are not restored, so every event gets another index. */
  renumber(chatId: string): void {
    const room = this.room(chatId);
    room.alias = `${Number(room.alias) + 1}`;
    room.events = room.events
      .filter(({ from }) => from.type !== "External")
      .map((event, i) => ({ ...event, index: i + 1 }));
  }

  under(): Chat {
    return this;
  }

  create(opening: ChatOpening, signal: AbortSignal): Promise<Outcome<ChatTurn>> {
    const execute = (): Outcome<ChatTurn> => {
      const chatId = `s${this.rooms.length + 1}`;
      const room: ChatRoom = { chatId, opening, events: [], isOpen: true, isReadable: true, alias: "1" };
      this.rooms.push(room);
      this.#append(room, { from: customerParty, type: "ParticipantJoined" });
      this.#append(room, { from: systemParty, type: "Notice", text: "welcome" });
      return succeeded(this.#turn(room, 1));
    };
    return this.script.play("create", "", { execute, signal });
  }

  send(handle: ChatHandle, post: { text: string; messageType: string; position: number }, signal: AbortSignal) {
    const event = { from: customerParty, type: "Message", text: post.text, messageType: post.messageType };
    const execute = () => this.#add(handle, event, post.position);
    return this.script.play("send", post.text, { execute, signal });
  }

  refresh(handle: ChatHandle, position: number, signal: AbortSignal) {
    const execute = (): Outcome<ChatTurn> => {
      const room = this.room(handle.chatId);
      if (!room.isOpen && !room.isReadable) return gone({ execute, signal }) as Outcome<never>;
      return succeeded(this.#turn(room, position));
    };
    return this.script.play("refresh", handle.chatId, { execute, signal });
  }

  typing(handle: ChatHandle, isTyping: boolean, signal: AbortSignal) {
    const execute = (): Outcome<ChatTurn> => {
      this.typings.push(isTyping);
      return succeeded(this.#turn(this.room(handle.chatId), 0));
    };
    return this.script.play("typing", handle.chatId, { execute, signal });
  }

  update(handle: ChatHandle, userData: Record<string, string>, signal: AbortSignal) {
    const execute = (): Outcome<ChatTurn> => {
      const room = this.room(handle.chatId);
      this.userData.set(handle.chatId, { ...this.userData.get(handle.chatId), ...userData });
      return succeeded(this.#turn(room, 0));
    };
    return this.script.play("update", handle.chatId, { execute, signal });
  }

  upload(handle: ChatHandle, file: FileContent, signal: AbortSignal) {
    const fileId = `customer-${this.#files.size + 1}`;
    this.#files.set(fileId, file);
    const userData = { "file-id": fileId, "file-name": file.name };
    const execute = () => this.#add(handle, { from: customerParty, type: "FileUploaded", userData }, 0);
    return this.script.play("upload", file.name, { execute, signal });
  }

  download(_handle: ChatHandle, { id, bytesMax }: ChatFile, signal: AbortSignal): Promise<Outcome<FileContent>> {
    const file = this.#files.get(id);
    const execute = (): Outcome<FileContent> =>
      file ? within(bytesMax, file) : (gone({ execute, signal }) as Outcome<never>);
    return this.script.play("download", id, { execute, signal });
  }

  disconnect(handle: ChatHandle, signal: AbortSignal) {
    const execute = (): Outcome<ChatTurn> => {
      const room = this.room(handle.chatId);
      if (room.isOpen) this.#append(room, { from: customerParty, type: "ParticipantLeft" });
      room.isOpen = false;
      return succeeded(this.#turn(room, 0));
    };
    return this.script.play("disconnect", handle.chatId, { execute, signal });
  }

  #add(handle: ChatHandle, event: ChatEvent, position: number): Outcome<ChatTurn> {
    const room = this.room(handle.chatId);
    const over = { execute: () => this.#add(handle, event, position), signal: new AbortController().signal };
    if (!room.isOpen) return gone(over) as Outcome<never>;
    this.#append(room, event);
    return succeeded(this.#turn(room, position));
  }

  #append(room: ChatRoom, event: ChatEvent): void {
    room.events.push({ ...event, index: room.events.length + 1, utcTime: ++this.#saidAt });
  }

  /** As the client gives it: no events and no position when none were asked for. */
  #turn(room: ChatRoom, position: number): ChatTurn {
    const { chatId, alias, isOpen, events } = room;
    const handle = { chatId, alias, secureKey: `key-${chatId}`, userId: `user-${chatId}`, server: "http://chat" };
    if (position === 0) return { handle, ended: !isOpen, nextPosition: 0, events: [] };
    const fresh = events.filter(({ index = 0 }) => index >= position).map((event) => ({ ...event }));
    return { handle, ended: !isOpen, nextPosition: events.length + 1, events: fresh };
  }
}
