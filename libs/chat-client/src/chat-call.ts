import { type Clock, failed, type Failure, type Mishap, type Outcome } from "@dms/rules";

import {
  type Answer,
  type ByteBudget,
  type CallWatch,
  type Dispatcher,
  exchange,
  type ExchangeRequest,
  type Deadline,
  openDeadline,
  traceExchange,
  watchCall,
} from "@dms/http-client";
import type { Form } from "./form.ts";
import type { ServerChoice, Sighting } from "./server-choice.ts";
import type { Place, ServerLine } from "./server-line.ts";

export interface ChatCall<T> {
  operation: string;
  /** Below a server's base URL. */
  path: string;
  form: Form;
  /** In the order in which they are tried. */
  servers: string[];
  /** Over the caller's bound for answers. */
  bytesMax?: number;
  /** Whether a second execution does no harm: looking, typing, disconnecting. */
  isRepeatable: boolean;
  /**
   * Whether an answer is worth waiting for beyond the time-out: nothing else tells for certain what became of it, or it is
   * a file, which takes its time however often it is asked for.
   */
  isPatient?: boolean;
  /** How long such a call takes is a matter of its bytes. */
  carriesFile?: boolean;
  read(answer: Answer | Mishap, server: string): Outcome<T>;
}

export interface ChatCaller {
  dispatcher: Dispatcher;
  choice: ServerChoice;
  /** Calls under way, by server. */
  lines: ReadonlyMap<string, ServerLine>;
  headers: Record<string, string>;
  /** Whether calls may leave at all. */
  mayLeave: () => boolean;
  clock: Clock;
  timeoutMs: number;
  /** How long a patient call that has left waits for its answer. */
  answerMs: number;
  answerBytesMax: number;
  fileBytesMax: number;
  budget: ByteBudget;
  watch: CallWatch;
}

/**
 * Makes a call at one server after the other, as long as the failure allows another try: a call that may not be repeated
 * moves on only when it certainly had no effect. It leaves within the time-out or never (I4); once it has left it waits for
 * its answer as long as if it had found a place at once. A call that was given up for its time in the line would be work for
 * the server and nothing for us, and in a full line that is every call.
 */
export function callChat<T>(caller: ChatCaller, call: ChatCall<T>, signal: AbortSignal): Promise<Outcome<T>> {
  return watchCall(caller.watch, call.operation, async () => {
    const { clock, timeoutMs } = caller;
    const answerMs = call.isPatient ? caller.answerMs : timeoutMs;
    let leftAt: number | null = null;
    const onSend = (): void => void (leftAt = clock.monotonic());
    const deadline = openDeadline(clock, timeoutMs, signal);
    deadline.extend(() => (leftAt === null ? 0 : leftAt + answerMs - clock.monotonic()));
    let last: Outcome<T> = failed(noServer(call.operation));
    try {
      for (const [index, server] of call.servers.entries()) {
        leftAt = null;
        const place = await caller.lines.get(server)?.enter(call.isPatient ? "post" : "other", deadline.signal);
        // Says nothing of the server, and is no reason to go to another one.
        if (place === null) return graver(last, call.read(unsent(deadline), server), call);
        const spareCount = call.servers.length - index - 1;
        const outcome = await attempt(caller, call, { server, spareCount, deadline, onSend, place });
        if (outcome.ok) return outcome;
        last = graver(last, withHearsay(last, outcome), call);
        if (deadline.isOver() || deadline.signal.aborted || !isMovable(outcome.failure, call)) return last;
      }
      return last;
    } finally {
      deadline.close();
    }
  });
}

interface Attempt {
  server: string;
  /** Servers that could still be tried after this one. */
  spareCount: number;
  deadline: Deadline;
  /** Runs just before the request leaves. */
  onSend: () => void;
  /** At the server; given back when the attempt is over. */
  place: Place | undefined;
}

function unsent({ signal }: Deadline): Mishap {
  return { kind: signal.aborted && signal.reason !== "timeout" ? "aborted" : "timeout", isSent: false };
}

/** A server that does not even take the request gets only its share of the time, so that the next one has a chance. */
async function attempt<T>(caller: ChatCaller, call: ChatCall<T>, to: Attempt): Promise<Outcome<T>> {
  const departureMs = caller.timeoutMs / (to.spareCount + 1);
  const departure = to.spareCount === 0 ? undefined : openDeadline(caller.clock, departureMs, to.deadline.signal);
  try {
    const request: ExchangeRequest = {
      url: new URL(to.server + call.path),
      method: "POST",
      headers: { ...caller.headers, accept: "*/*", "content-type": call.form.contentType },
      body: call.form.body,
      bytesMax: call.bytesMax ?? caller.answerBytesMax,
      budget: caller.budget,
      mayLeave: () => !to.deadline.isOver() && caller.mayLeave(),
      onSend: () => {
        departure?.lift();
        to.onSend();
      },
    };
    const watch = { ...caller.watch, operation: call.operation };
    const signal = departure?.signal ?? to.deadline.signal;
    const answer = await traceExchange(watch, request, () => exchange(caller.dispatcher, request, signal));
    const outcome = call.read(answer, to.server);
    const sighting = sightingOf(outcome);
    if (sighting !== undefined) caller.choice.note(to.server, sighting);
    return outcome;
  } finally {
    departure?.close();
    to.place?.leave(call.carriesFile !== true);
  }
}

/** What the attempt says about the server; nothing when the fault is this process's. */
function sightingOf(outcome: Outcome<unknown>): Sighting | undefined {
  if (outcome.ok) return "answered";
  const { code, executed } = outcome.failure;
  if (unavailableCodes.has(code) || (code === "timeout" && executed === "no")) return "unreachable";
  if (code === "timeout" || code === "reset") return "silent";
  return ownCodes.has(code) ? undefined : "answered";
}

const unavailableCodes: ReadonlySet<string> = new Set(["refused", "tls", "http-502", "http-503", "http-504"]);
const ownCodes: ReadonlySet<string> = new Set(["aborted", "unsendable"]);
const transportCodes: ReadonlySet<string> = new Set(["timeout", "reset", "refused", "tls", "http-502", "http-504"]);

function isMovable<T>(failure: Failure, call: ChatCall<T>): boolean {
  // A session that one server does not know may be known to the next, which then restores it.
  if (failure.code === "http-404" || failure.code === "http-410") return true;
  if (failure.verdict !== "retry") return false;
  if (failure.isUnknownSession === true) return true;
  // A busy server says when to come again; moving the session would make a second server restore it.
  if (failure.code === "http-429") return call.operation === "create";
  return failure.executed === "no" || (call.isRepeatable && transportCodes.has(failure.code));
}

/**
 * Of two failures the one to report: an ended session outweighs servers that could not be asked, but not one that may have
 * executed what must not be executed twice. (I2)
 */
function graver<T>(before: Outcome<T>, now: Outcome<T>, { isRepeatable }: ChatCall<T>): Outcome<T> {
  const isEnded = !before.ok && before.failure.verdict === "ended";
  const isUnknown = !isRepeatable && !now.ok && now.failure.executed === "unknown";
  return isEnded && !isUnknown ? before : now;
}

/** What others said of a session stands where the next server could not be asked; one that answers speaks for itself. */
function withHearsay<T>(before: Outcome<T>, now: Outcome<T>): Outcome<T> {
  if (before.ok || before.failure.isUnknownSession !== true || now.ok) return now;
  const isAsked = sightingOf(now) === "answered" || now.failure.verdict !== "retry";
  return isAsked ? now : failed({ ...now.failure, isUnknownSession: true });
}

function noServer(operation: string): Failure {
  const detail = `chat ${operation}: no chat server is configured`;
  return { verdict: "retry", executed: "no", code: "refused", detail };
}
