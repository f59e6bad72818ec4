/** Time as the core sees it. The simulator puts its own in this place. */
export interface Clock {
  /** Milliseconds since 1970 by the machine's clock: for records and log lines, never for a decision. */
  wall(): number;
  /** Milliseconds that only grow, from an arbitrary start. A process trusts its lease by this clock alone. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `action` once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** The one source of chance. The simulator seeds it. */
export interface Random {
  /** A token of `length` characters from a-z and 0-9, fit for names and nonces. */
  token(length: number): string;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
}
