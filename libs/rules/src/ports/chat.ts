import type { ChatEvent, ChatHandle, MemberId } from "@dms/protocol";
import type { FileContent } from "./hub.ts";
import type { Outcome } from "./outcome.ts";

/** What a chat server said in one answer. */
export interface ChatTurn {
  /** The handle as it is now: the last alias, and the server that answered. */
  handle: ChatHandle;
  /** The session is over; the events still count. */
  ended: boolean;
  /** Position from which to ask next; 0 when the server did not say. */
  nextPosition: number;
  /** Events from the position asked for, in transcript order. */
  events: ChatEvent[];
}

/** How a new session presents itself. */
export interface ChatOpening {
  nickname: string;
  subject?: string;
  userData: Record<string, string>;
}

/** A file in a session, and how large it may be. */
export interface ChatFile {
  id: string;
  bytesMax?: number | undefined;
}

/**
 * In whose name a call is made. Chat servers know nothing of grants; a proxy in front of them can, from what each call says,
 * refuse what a former owner sends late.
 */
export interface Authority {
  member: MemberId;
  grant: string;
  /**
   * Whether it still stands: asked when a call leaves. Between the look at a lease and the first byte a process may be frozen
   * past that lease. (I4)
   */
  stands(): boolean;
}

/**
 * The chat servers, driven through Chat API Version 2. Every call ends within the effect time-out or when `signal` aborts.
 * A call for a session goes to the server in its handle and, if that one certainly did not execute it, to the others.
 */
export interface Chat {
  create(opening: ChatOpening, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  /** `position` asks for the transcript from there in the same answer; 0 asks for none. */
  send(
    handle: ChatHandle,
    post: { text: string; messageType: string; position: number },
    signal: AbortSignal,
  ): Promise<Outcome<ChatTurn>>;
  /** The transcript from `position` on; 1 is all of it. Also keeps the session alive. */
  refresh(handle: ChatHandle, position: number, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  typing(handle: ChatHandle, isTyping: boolean, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  upload(handle: ChatHandle, file: FileContent, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  /** A file larger than `bytesMax`, or than this side's own bound, is given up with the code `oversize`. */
  download(handle: ChatHandle, file: ChatFile, signal: AbortSignal): Promise<Outcome<FileContent>>;
  /** Changes these keys of the interaction's user data; the others stay. */
  update(handle: ChatHandle, userData: Record<string, string>, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  disconnect(handle: ChatHandle, signal: AbortSignal): Promise<Outcome<ChatTurn>>;
  /** The same servers; every call made through it names the authority, and leaves only while that stands. */
  under(authority: Authority): Chat;
}
