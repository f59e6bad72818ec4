import { DmsError } from "@dms/runtime";
import { ServerLink, type ServerLinkOptions } from "./server-link.ts";

/** Which keys a reset concerns. */
export type Affects = (key: string) => boolean;

/** Finds the server of a key. */
export interface Routes {
  /** Finds the servers; throws while they cannot be found, saying why. */
  open(): Promise<void>;
  /** The servers that hold keys now. */
  readonly links: readonly ServerLink[];
  /** The server of a key; throws a retryable `DMS_REDIS_UNAVAILABLE` while none is known. */
  linkOf(key: string): ServerLink;
  /** Learns from what a server answered. True: it was never run, and `linkOf` now says where to ask instead. */
  follow(caught: unknown, asked: ServerLink): Promise<boolean>;
  /** Why the servers cannot be reached, as far as it is known. */
  readonly fault: Error | undefined;
  close(): void;
}

export interface RoutesOptions extends Omit<ServerLinkOptions, "onReset" | "node"> {
  onReset: (affects: Affects) => void;
}

/** One server for all keys: alone, behind sentinels, or the writable one of several. */
export class OneServer implements Routes {
  readonly links: readonly [ServerLink];

  constructor({ onReset, ...options }: RoutesOptions) {
    this.links = [new ServerLink({ ...options, onReset: () => onReset(() => true) })];
  }

  async open(): Promise<void> {
    await this.links[0].ping();
  }

  linkOf(): ServerLink {
    return this.links[0];
  }

  follow(): Promise<boolean> {
    return Promise.resolve(false);
  }

  get fault(): Error | undefined {
    return this.links[0].fault;
  }

  close(): void {
    this.links[0].close();
  }
}

/** What a routes throws while a key has no server. */
export function noServer(detail: string): DmsError {
  return new DmsError("DMS_REDIS_UNAVAILABLE", `Redis did not answer: ${detail}`, { retryable: true });
}
