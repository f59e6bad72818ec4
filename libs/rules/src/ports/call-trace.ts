/** A body on the wire, as it was sent or came. */
export interface TracedBody {
  /** Its content type, "" when it has none. */
  type: string;
  body: Uint8Array | string;
}

/** One exchange with the outside, for an operator who wants to see what was said. Headers are no part of it. */
export interface TracedCall {
  target: "hub" | "chat";
  operation: string;
  method: string;
  scheme: "http" | "https";
  /** Host and path. */
  address: string;
  request: TracedBody | null;
  /** Null for an exchange that gave no answer. */
  answer: (TracedBody & { status: number }) | null;
  /** Why there is no answer: `timeout`, `aborted`, or the client's code; "" when there is one. */
  fault: string;
  durationMs: number;
}

/** Takes exchanges while somebody wants to see them. */
export interface CallTrace {
  isOn(): boolean;
  note(call: TracedCall): void;
}

/** Does work for a message, so that the calls that it makes can be told apart from others. */
export type MessageScope = <T>(message: { channel: string; payload: string }, work: () => Promise<T>) => Promise<T>;
