import { classify, type Failure, failed, type FileContent, type Outcome, succeeded } from "@dms/rules";

/** A call as it arrives at the other side: `execute` does there what it asks for, once for each time it is called. */
export interface ArrivedCall<T> {
  execute(): Outcome<T>;
  signal: AbortSignal;
}

/** What becomes of one call. */
export type Fate = <T>(call: ArrivedCall<T>) => Promise<Outcome<T>> | Outcome<T>;

interface Wish {
  operation: string;
  about: string | undefined;
  fate: Fate;
  isLasting: boolean;
}

/** Decides what becomes of each call to an outside party; what is not scripted is executed and answered. */
export class CallScript {
  #wishes: Wish[] = [];
  /** Every call that arrived, as `operation about`. */
  readonly calls: string[] = [];

  /** The next call of this operation (about this, when given) has this fate. */
  next(operation: string, fate: Fate, about?: string): void {
    this.#wishes.push({ operation, about, fate, isLasting: false });
  }

  /** All calls of this operation (about this, when given) have this fate from now on; the answer ends it. */
  always(operation: string, fate: Fate, about?: string): () => void {
    const wish = { operation, about, fate, isLasting: true };
    this.#wishes.push(wish);
    return () => {
      this.#wishes = this.#wishes.filter((other) => other !== wish);
    };
  }

  async play<T>(operation: string, about: string, call: ArrivedCall<T>): Promise<Outcome<T>> {
    this.calls.push(about === "" ? operation : `${operation} ${about}`);
    const wish = this.#wishes.find(
      (each) => each.operation === operation && (each.about === undefined || each.about === about),
    );
    if (wish === undefined) return call.execute();
    if (!wish.isLasting) this.#wishes = this.#wishes.filter((other) => other !== wish);
    return wish.fate(call);
  }

  /** How many calls of this operation arrived. */
  count(operation: string): number {
    return this.calls.filter((call) => call.split(" ")[0] === operation).length;
  }
}

function failure(verdict: Failure["verdict"], executed: Failure["executed"], code: string): Outcome<never> {
  return failed({ verdict, executed, code, detail: `scripted: ${code}` });
}

/** Neither the call nor an answer arrived, but the caller cannot know. */
export const lost: Fate = () => failure("retry", "unknown", "timeout");

/** The call was executed and its answer was lost. */
export const answerLost: Fate = (call) => {
  call.execute();
  return failure("retry", "unknown", "reset");
};

/** The other side is busy and has certainly not executed it. */
export const unavailable: Fate = () => failure("retry", "no", "http-503");

/** This very request is refused for good. */
export const rejected: Fate = () => failure("reject", "no", "http-400");

/** `statusCode` 2 without a word about the session. */
export const refusedByStatus: Fate = () => failure("reject", "unknown", "status-2");

/** `statusCode` 1: an error that may pass, and no word about what became of the call. */
export const failedByStatus: Fate = () => failure("retry", "unknown", "status-1");

/** A file as a side gives it to whoever takes only so many bytes. */
export function within(bytesMax: number | undefined, file: FileContent): Outcome<FileContent> {
  const isTooLarge = bytesMax !== undefined && file.bytes.length > bytesMax;
  return isTooLarge ? failure("reject", "no", "oversize") : succeeded(file);
}

/** The hub knows the key with another body. */
export const conflicting: Fate = () => failure("conflict", "no", "http-409");

/** The session is over or unknown to every server. */
export const gone: Fate = () => failure("ended", "no", "http-404");

/** What a load balancer answers whose servers are not there yet. */
export const notDeployed: Fate = () =>
  failed(classify({ kind: "status", status: 404, isOwnForm: false }, "chat-session", "scripted"));

/** Refused by something in front of the chat server, whatever it is asked. */
export const refusedByGateway: Fate = () =>
  failed(classify({ kind: "status", status: 400, isOwnForm: false }, "chat-session", "scripted"));

/** A call that waits at the other side. */
export interface HeldCall {
  fate: Fate;
  /** Resolves when the call is there. */
  arrived: Promise<void>;
  /** Lets the call have its fate; it is executed and answered when none is given. */
  release(fate?: Fate): void;
}

/** Holds a call, not executed, until the test lets it go. An abort of the caller does not end it. */
export function held(): HeldCall {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<Fate>();
  return {
    fate: async (call) => {
      arrived.resolve();
      return (await released.promise)(call);
    },
    arrived: arrived.promise,
    release: (fate = (call) => call.execute()) => released.resolve(fate),
  };
}

/** A gateway gave up; what becomes of the call behind it nobody knows. */
export const givenUpByGateway: Fate = () => failure("retry", "unknown", "http-504");

/** The answer is lost now, or is this one, and the call is executed when the test says so. */
export function late(answer: Fate = lost): { fate: Fate; execute(): void } {
  let execute = (): void => {
    throw new Error("the call has not arrived");
  };
  return {
    fate: (call) => {
      execute = () => void call.execute();
      return answer(call);
    },
    execute: () => execute(),
  };
}
