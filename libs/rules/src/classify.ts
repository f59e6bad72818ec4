import type { Failure } from "./ports/outcome.ts";

/**
 * What came of one HTTP exchange that gave no usable value. `isSent` tells whether any byte of the request may have left
 * this process: it alone decides `executed`, because the same error code (`EHOSTUNREACH`, `ECONNRESET`) comes before and
 * after that point. `isOwnForm` tells whether a refusal has the form that the other side's API gives to its own: what stands
 * in front of it has another.
 */
export type Mishap =
  | { kind: "status"; status: number; retryAfterMs?: number; reason?: string; isOwnForm?: boolean }
  | { kind: "error"; errorCode: string; isSent: boolean }
  | { kind: "timeout" | "aborted"; isSent: boolean }
  | { kind: "malformed"; fault: string }
  | { kind: "oversize"; bytesMax: number };

/** What was asked for: the same status means different things at the hub, at a session's birth, in it and for its files. */
export type Audience = "hub" | "hub-file" | "chat-create" | "chat-session" | "chat-file";

const refusedRequests: ReadonlySet<number> = new Set([400, 413, 415, 422]);
const unknownPlaces: ReadonlySet<number> = new Set([404, 410]);
const untrusted = /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_|EPROTO$)/;
const closed = /^UND_ERR_(CLOSED|DESTROYED)$/;
const unsendable =
  /^(UND_ERR_INVALID_ARG|UND_ERR_REQ_CONTENT_LENGTH_MISMATCH|ERR_INVALID_CHAR|ERR_UNESCAPED_CHARACTERS)$/;

/**
 * The one place where errors from outside get their verdict; total over statuses and error codes. What is not known to be
 * this request's own fault is `retry`: a wrong verdict there costs time, a wrong `reject` costs a customer's message.
 * `subject` begins the sentence for people, as in "hub send".
 */
export function classify(mishap: Mishap, audience: Audience, subject: string): Failure {
  switch (mishap.kind) {
    case "status":
      return classifyStatus(mishap, audience, subject);
    case "error":
      return classifyError(mishap, subject);
    case "timeout":
      return lost("timeout", mishap.isSent, `${subject}: no answer in time${mishap.isSent ? "" : ", not even sent"}`);
    case "aborted":
      return lost("aborted", mishap.isSent, `${subject}: given up by this process`);
    case "malformed":
      return lost("malformed", true, `${subject}: the answer has an unexpected form: ${mishap.fault}`);
    case "oversize":
      return classifyOversize(mishap.bytesMax, audience, subject);
  }
}

/** A file that is too large stays so; its place is told in words. Everything else may be smaller the next time. */
function classifyOversize(bytesMax: number, audience: Audience, subject: string): Failure {
  const detail = `${subject}: the answer is larger than ${bytesMax} bytes`;
  if (audience === "chat-file" || audience === "hub-file") {
    return { verdict: "reject", executed: "no", code: "oversize", detail };
  }
  return lost("oversize", true, detail);
}

type StatusMishap = Extract<Mishap, { kind: "status" }>;

function classifyStatus(mishap: StatusMishap, audience: Audience, subject: string): Failure {
  const { status, reason, retryAfterMs } = mishap;
  const detail = `${subject}: answered HTTP ${status}${reason === undefined ? "" : ` (${reason})`}${remedy(mishap, audience)}`;
  return {
    ...judgeStatus(mishap, audience),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    code: `http-${status}`,
    detail,
  };
}

type Judgement = Pick<Failure, "verdict" | "executed" | "isUnknownSession">;

function judgeStatus(mishap: StatusMishap, audience: Audience): Judgement {
  const { status } = mishap;
  if (refusedRequests.has(status)) {
    const isOfGateway = audience === "chat-session" && mishap.isOwnForm !== true;
    return { verdict: "reject", executed: "no", ...(isOfGateway ? { isUnknownSession: true } : {}) };
  }
  if (isUnknownToGateway(mishap, audience)) return { verdict: "retry", executed: "no", isUnknownSession: true };
  if (unknownPlaces.has(status)) return judgeUnknownPlace(audience);
  if (status === 409 && audience === "hub") return { verdict: "conflict", executed: "no" };
  return { verdict: "retry", executed: isTurnedAway(mishap, audience) ? "no" : "unknown" };
}

/**
 * A server that is too busy says so before it does anything. But a gateway also answers 503 when the server behind it broke
 * off in the middle; it does not know when to come back, so within a session, where a post would be made twice, only a 503
 * with Retry-After is a server's own word.
 */
function isTurnedAway({ status, retryAfterMs }: StatusMishap, audience: Audience): boolean {
  if (status === 429) return true;
  return status === 503 && (audience !== "chat-session" || retryAfterMs !== undefined);
}

/**
 * A load balancer whose servers are not there yet, or a proxy's default page, answers 404 for a session that lives. Only the
 * API's own answer says at once that the session is over.
 */
function isUnknownToGateway({ status, isOwnForm }: StatusMishap, audience: Audience): boolean {
  return unknownPlaces.has(status) && audience === "chat-session" && isOwnForm !== true;
}

/** At a session's birth the unknown place can only be a wrong address or service name; a file may be gone and its session not. */
function judgeUnknownPlace(audience: Audience): Judgement {
  const verdicts = {
    hub: "reject",
    "hub-file": "reject",
    "chat-create": "retry",
    "chat-session": "ended",
    "chat-file": "reject",
  } as const;
  return { verdict: verdicts[audience], executed: "no" };
}

function remedy(mishap: StatusMishap, audience: Audience): string {
  const { status } = mishap;
  if (isUnknownToGateway(mishap, audience)) return "; not the Chat API's own answer";
  if (status === 401 || status === 403) return "; check the credentials";
  const isInSession = audience === "chat-session" || audience === "chat-file";
  const isMisplaced = status === 405 || (status >= 300 && status < 400) || (status === 404 && !isInSession);
  return isMisplaced ? "; check the configured address" : "";
}

function classifyError({ errorCode, isSent }: { errorCode: string; isSent: boolean }, subject: string): Failure {
  if (closed.test(errorCode)) return lost("aborted", isSent, `${subject}: this client is closed`);
  // Not the message's fault: what of it goes into an address or a header is looked at before (`unaddressable`).
  if (!isSent && unsendable.test(errorCode)) {
    return lost("unsendable", false, `${subject}: the request cannot be put on the wire (${errorCode})`);
  }
  if (!isSent && untrusted.test(errorCode)) return lost("tls", false, `${subject}: TLS failed (${errorCode})`);
  if (!isSent) return lost("refused", false, `${subject}: no connection (${errorCode})`);
  return lost("reset", true, `${subject}: the connection broke (${errorCode})`);
}

/** An id of the other side that cannot stand in an address or a header: nothing is sent, now or later. */
export function unaddressable(subject: string): Failure {
  const detail = `${subject}: the id cannot stand in an address or a header`;
  return { verdict: "reject", executed: "no", code: "unsendable", detail };
}

function lost(code: string, isSent: boolean, detail: string): Failure {
  return { verdict: "retry", executed: isSent ? "unknown" : "no", code, detail };
}

/** A server may ask for time, not for a standstill: years in a header would stop a channel for ever. */
const retryAfterMsMax = 300_000;

/**
 * A Retry-After header, in seconds or as a date, as milliseconds from `nowMs`, five minutes at most; undefined when absent
 * or unreadable.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Math.min(retryAfterMsMax, Number(header) * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.min(retryAfterMsMax, Math.max(0, at - nowMs));
}
