import { type Audience, classify, type Clock, failed, type Mishap, type Outcome } from "@dms/rules";

import {
  type Answer,
  type ByteBudget,
  type CallWatch,
  type Dispatcher,
  exchange,
  type ExchangeRequest,
  openDeadline,
  readSafely,
  refusal,
  traceExchange,
  watchCall,
} from "@dms/http-client";
import type { TokenSource } from "./token-source.ts";

/** One call to the hub before it is made; `read` turns a 2xx answer into a value or names the fault in its form. */
export interface HubCall<T> {
  operation: string;
  method: "GET" | "POST";
  /** Below the hub's base URL, with the query. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  /** Over the caller's bound for answers. */
  bytesMax?: number;
  audience?: Audience;
  /** How long such a call takes is a matter of its bytes; a second one does no harm. */
  carriesFile?: boolean;
  /** Time that the hub is asked to hold the answer, beyond the time-out. */
  waitMs?: number;
  read(answer: Answer): { value: T } | { fault: string };
}

export interface HubCaller {
  dispatcher: Dispatcher;
  /** Without a slash at its end. */
  baseUrl: string;
  tokens: TokenSource;
  clock: Clock;
  timeoutMs: number;
  /** How long a call may take that carries a file. */
  fileMs: number;
  answerBytesMax: number;
  mediaBytesMax: number;
  budget: ByteBudget;
  watch: CallWatch;
}

/** Makes a call under one deadline. It is made a second time only with a new token after a 401, which had no effect. */
export function callHub<T>(caller: HubCaller, call: HubCall<T>, signal: AbortSignal): Promise<Outcome<T>> {
  return watchCall(caller.watch, call.operation, async () => {
    const limitMs = call.carriesFile ? caller.fileMs : caller.timeoutMs;
    const deadline = openDeadline(caller.clock, limitMs + (call.waitMs ?? 0), signal);
    try {
      const token = await caller.tokens.get(deadline.signal);
      if (!token.ok) return token;
      const answer = await attempt(caller, call, { token: token.value, signal: deadline.signal });
      if (answer.kind !== "answer" || answer.status !== 401) return concluded(caller, call, answer);
      const renewed = await caller.tokens.get(deadline.signal, token.value);
      if (!renewed.ok) return renewed;
      return concluded(caller, call, await attempt(caller, call, { token: renewed.value, signal: deadline.signal }));
    } finally {
      deadline.close();
    }
  });
}

function attempt<T>(
  caller: HubCaller,
  call: HubCall<T>,
  { token, signal }: { token: string; signal: AbortSignal },
): Promise<Answer | Mishap> {
  const request: ExchangeRequest = {
    url: new URL(caller.baseUrl + call.path),
    method: call.method,
    headers: { accept: "*/*", ...call.headers, authorization: `Bearer ${token}` },
    ...(call.body === undefined ? {} : { body: call.body }),
    bytesMax: call.bytesMax ?? caller.answerBytesMax,
    budget: caller.budget,
  };
  const watch = { ...caller.watch, operation: call.operation };
  return traceExchange(watch, request, () => exchange(caller.dispatcher, request, signal));
}

function concluded<T>(caller: HubCaller, call: HubCall<T>, answer: Answer | Mishap): Outcome<T> {
  const failure = (mishap: Mishap): Outcome<never> =>
    failed(classify(mishap, call.audience ?? "hub", `hub ${call.operation}`));
  if (answer.kind !== "answer") return failure(answer);
  if (answer.status < 200 || answer.status > 299) {
    return failure(refusal(answer, caller.clock.wall(), problemTitle(answer)));
  }
  const read = readSafely(() => call.read(answer));
  return "fault" in read ? failure({ kind: "malformed", fault: read.fault }) : { ok: true, value: read.value };
}

const titleLengthMax = 120;

/** The title of an RFC 9457 problem. Its detail may quote the message and so is left out. */
function problemTitle(answer: Answer): string | undefined {
  if (!String(answer.headers["content-type"]).startsWith("application/problem+json")) return undefined;
  try {
    const problem: unknown = JSON.parse(answer.bytes.toString("utf8"));
    const title = typeof problem === "object" && problem !== null && "title" in problem ? problem.title : undefined;
    return typeof title === "string" ? title.slice(0, titleLengthMax) : undefined;
  } catch {
    return undefined;
  }
}
