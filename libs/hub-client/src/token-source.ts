import { tokenSchema } from "@dms/protocol";
import { classify, type Clock, failed, type Failure, type Mishap, type Outcome, succeeded } from "@dms/rules";

import {
  type Answer,
  type CallWatch,
  type Dispatcher,
  exchange,
  type ExchangeRequest,
  openDeadline,
  parseBody,
  refusal,
  traceExchange,
  watchCall,
} from "@dms/http-client";

// States: empty, fetching (everybody who asks waits for the one fetch), holding (until the margin before its end), failed
// (for a moment everybody who asks is answered with the failure: hundreds of calls must not be as many requests).
// A refusal by the hub empties it, but only if the refused token is the one held: a hundred calls that are refused
// together cost one new token.

export interface TokenSourceOptions {
  dispatcher: Dispatcher;
  tokenUrl: URL;
  clientId: string;
  clientSecret: string;
  timeoutMs: number;
  clock: Clock;
  watch: CallWatch;
}

interface HeldToken {
  value: string;
  freshUntilMs: number;
}

interface KeptFailure {
  failure: Failure;
  untilMs: number;
}

const answerBytesMax = 65_536;
/** How long a failed request stands for those that would be made next, where the token server does not ask for more. */
const failureKeptMs = 1000;
const marginMsMax = 60_000;
/** The share of a token's life that is not used: a token of 2 s is renewed after 1.5 s, one of an hour a minute early. */
const marginShare = 0.25;

/** One access token, shared by all calls of a hub client. Every failure is `retry`: no message is at fault for it. */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  #held: HeldToken | undefined;
  #failed: KeptFailure | undefined;
  #fetching: Promise<Outcome<string>> | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** A token for now, another one than `refused`. A token of no lifetime at all serves those who waited for it. */
  get(signal: AbortSignal, refused?: string): Promise<Outcome<string>> {
    if (this.#held !== undefined && this.#held.value === refused) this.#held = undefined;
    const held = this.#held;
    if (held !== undefined && this.#options.clock.monotonic() < held.freshUntilMs) {
      return Promise.resolve(succeeded(held.value));
    }
    const failure = this.#standingFailure();
    if (failure !== undefined) return Promise.resolve(failed(failure));
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return untilAborted(this.#fetching, signal);
  }

  /** Bound by its own time-out and not by the caller's signal: others wait for it as well. */
  async #fetch(): Promise<Outcome<string>> {
    const { clock, timeoutMs, watch } = this.#options;
    const deadline = openDeadline(clock, timeoutMs, new AbortController().signal);
    try {
      const outcome = await watchCall(watch, "token", () => this.#request(deadline.signal));
      this.#failed = outcome.ok ? undefined : this.#kept(outcome.failure);
      return outcome;
    } finally {
      deadline.close();
    }
  }

  #kept(failure: Failure): KeptFailure {
    const keptMs = Math.max(failureKeptMs, failure.retryAfterMs ?? 0);
    return { failure, untilMs: this.#options.clock.monotonic() + keptMs };
  }

  /** The last request's failure while it stands; where the server asked for time, with what is left of it. */
  #standingFailure(): Failure | undefined {
    if (this.#failed === undefined) return undefined;
    const { failure, untilMs } = this.#failed;
    const leftMs = untilMs - this.#options.clock.monotonic();
    if (leftMs <= 0) return undefined;
    return failure.retryAfterMs === undefined ? failure : { ...failure, retryAfterMs: leftMs };
  }

  async #request(signal: AbortSignal): Promise<Outcome<string>> {
    const { clock, clientId, clientSecret, dispatcher, tokenUrl } = this.#options;
    const askedMs = clock.monotonic();
    const request: ExchangeRequest = {
      url: tokenUrl,
      method: "POST",
      headers: {
        authorization: `Basic ${basicCredentials(clientId, clientSecret)}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: "grant_type=client_credentials",
      bytesMax: answerBytesMax,
    };
    const watch = { ...this.#options.watch, operation: "token" };
    const answer = await traceExchange(watch, request, () => exchange(dispatcher, request, signal));
    if (answer.kind !== "answer") return failed(this.#failure(answer));
    if (answer.status !== 200) return failed(this.#failure(refusal(answer, clock.wall(), errorWord(answer))));
    const token = parseBody(tokenSchema, answer.bytes);
    if ("fault" in token) return failed(this.#failure({ kind: "malformed", fault: token.fault }));
    const lifetimeMs = token.value.expires_in * 1000;
    const freshMs = lifetimeMs - Math.min(marginMsMax, lifetimeMs * marginShare);
    this.#held = { value: token.value.access_token, freshUntilMs: askedMs + freshMs };
    return succeeded(token.value.access_token);
  }

  #failure(mishap: Mishap): Failure {
    const failure = classify(mishap, "hub", `hub token from ${this.#options.tokenUrl.origin}`);
    const isCredentials = mishap.kind === "status" && mishap.status >= 400 && mishap.status < 500;
    const detail = isCredentials ? `${failure.detail}; client-id is "${this.#options.clientId}"` : failure.detail;
    // The call that wanted the token was not made, and a wrong secret is mended by the operator: never a reject.
    return { ...failure, verdict: "retry", executed: "no", detail };
  }
}

/** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
function basicCredentials(clientId: string, clientSecret: string): string {
  const encode = (part: string): string => new URLSearchParams({ part }).toString().slice("part=".length);
  return Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString("base64");
}

/** The `error` word of RFC 6749 5.2, as in `invalid_client`. */
function errorWord(answer: Answer): string | undefined {
  return /"error"\s*:\s*"([a-z_]{1,40})"/.exec(answer.bytes.toString("utf8"))?.[1];
}

function untilAborted(pending: Promise<Outcome<string>>, signal: AbortSignal): Promise<Outcome<string>> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      const kind = signal.reason === "timeout" ? "timeout" : "aborted";
      resolve(failed(classify({ kind, isSent: false }, "hub", "hub token")));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void pending.then((outcome) => {
      signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    });
  });
}
