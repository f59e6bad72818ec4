import type { Mishap } from "@dms/rules";
import type { Dispatcher } from "undici";
import type { ByteBudget } from "./byte-budget.ts";

// One HTTP exchange, never repeated here. undici's request() does not tell whether a failed request had left the process,
// and that decides whether it may be sent again: this dispatch handler sees the moment. undici's own time-outs have a
// granularity of a second, so only the signal ends an exchange. The hub client and the chat client hold the same file.

export interface ExchangeRequest {
  url: URL;
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: Uint8Array | string;
  /** An answer larger than this is given up. */
  bytesMax: number;
  /** Shared with the other calls of the client; an answer that does not fit in beside them is given up. */
  budget?: ByteBudget | undefined;
  /**
   * Asked just before the first byte leaves: false gives the exchange up, unsent. A process that wakes from a freeze writes
   * what waited for a connection before its timers run, so only a look at the clock tells that its time is over. (I4)
   */
  mayLeave?: () => boolean;
  /** Runs once, just before the first byte of the request leaves. */
  onSend?: () => void;
}

/** By name in small letters. Of a header that stands there twice the first counts. */
export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Answer {
  kind: "answer";
  status: number;
  headers: AnswerHeaders;
  bytes: Buffer;
}

/** Resolves with the whole answer or with what went wrong; never rejects. Ends at once when `signal` aborts. */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<Answer | Mishap> {
  return new Promise((resolve) => {
    const collector = new Collector(request, signal, resolve);
    const { url, method, headers, body } = request;
    if (signal.aborted) return collector.onAbort();
    signal.addEventListener("abort", collector.onAbort, { once: true });
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      collector,
    );
  });
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

const interimMax = 16;

function firstOfEach(headers: RawHeaders): AnswerHeaders {
  const each = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(each.filter(([, value]) => value !== undefined)) as AnswerHeaders;
}

/** Waiting, then sent, then answered; the first end settles it and the rest is ignored. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #signal: AbortSignal;
  readonly #resolve: (outcome: Answer | Mishap) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: AnswerHeaders } | undefined;
  #bytes = 0;
  #interim = 0;
  #isSettled = false;

  constructor(request: ExchangeRequest, signal: AbortSignal, resolve: (outcome: Answer | Mishap) => void) {
    this.#request = request;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  readonly onAbort = (): void => {
    const kind = this.#signal.reason === "timeout" ? "timeout" : "aborted";
    this.#settle({ kind, isSent: this.#controller !== undefined });
    this.#controller?.abort(new Error(kind));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: throwing here leaves the connection whole, aborting would destroy it.
    if (this.#request.mayLeave?.() === false) this.#settle({ kind: "timeout", isSent: false });
    if (this.#isSettled) throw new Error("given up before it was sent");
    this.#controller = controller;
    this.#request.onSend?.();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    // An answer on its way (1xx) is none yet; nobody asked for one.
    if (status < 200) {
      if (++this.#interim > interimMax)
        this.#giveUp(controller, { kind: "malformed", fault: "interim answers without end" });
      return;
    }
    this.#head = { status, headers: firstOfEach(headers) };
    const coding = this.#head.headers["content-encoding"]?.toLowerCase() ?? "identity";
    // Never asked for, so never unpacked: a small answer cannot become a large one.
    if (coding !== "identity")
      this.#giveUp(controller, { kind: "malformed", fault: "a content encoding that was not asked for" });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    const { bytesMax, budget } = this.#request;
    if (this.#bytes + chunk.length > bytesMax) return this.#giveUp(controller, { kind: "oversize", bytesMax });
    if (budget?.take(chunk.length) === false) {
      return this.#giveUp(controller, { kind: "error", errorCode: "ANSWERS_FULL", isSent: true });
    }
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head === undefined) this.#settle({ kind: "malformed", fault: "no status" });
    else this.#settle({ kind: "answer", ...this.#head, bytes: Buffer.concat(this.#chunks, this.#bytes) });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle({ kind: "error", errorCode: errorCodeOf(error), isSent: this.#controller !== undefined });
  }

  #giveUp(controller: Dispatcher.DispatchController, mishap: Mishap): void {
    this.#settle(mishap);
    controller.abort(new Error(mishap.kind));
  }

  #settle(outcome: Answer | Mishap): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#request.budget?.give(this.#bytes);
    this.#signal.removeEventListener("abort", this.onAbort);
    this.#resolve(outcome);
  }
}

function errorCodeOf(error: Error): string {
  const { code, cause } = error as Error & { code?: unknown };
  if (typeof code === "string" && code !== "UND_ERR_SOCKET") return code;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return typeof code === "string" ? code : error.name;
}
