import { type ChatHandle, type ChatTurnResponse, chatTurnSchema } from "@dms/protocol";
import {
  type Audience,
  type ChatTurn,
  classify,
  failed,
  type Failure,
  type FileContent,
  type Mishap,
  type Outcome,
  succeeded,
} from "@dms/rules";
import { type Answer, parseBody, pathSegment, plainMime, plainName, readSafely, refusal } from "@dms/http-client";
import { readEvent } from "./chat-event.ts";

/** What an answer is read against: who is asked, for what, and the time for a Retry-After date. */
export interface Reading {
  operation: string;
  server: string;
  wallMs: number;
}

/** Reads the answer to a creation; without chat id and secure key nobody could go on with the session. */
export function readCreated(answer: Answer | Mishap, reading: Reading): Outcome<ChatTurn> {
  const response = readResponse(answer, reading);
  if (!response.ok) return response;
  const { chatId, secureKey, userId = "", alias = "" } = response.value;
  if (chatId === undefined || secureKey === undefined || pathSegment(chatId) === null) {
    return failed(
      failureOf({ kind: "malformed", fault: "statusCode 0 without a usable chatId and secureKey" }, reading),
    );
  }
  return succeeded(turnOf(response.value, { chatId, secureKey, userId, alias, server: reading.server }));
}

/**
 * Reads the answer to a session's call. When no transcript was asked for, its events and next position are left out:
 * a caller that noted them would miss the events before them.
 */
export function readTurn(
  answer: Answer | Mishap,
  reading: Reading & { handle: ChatHandle; wantsEvents: boolean; isHearsay: boolean },
): Outcome<ChatTurn> {
  const response = readResponse(answer, reading);
  if (!response.ok) return reading.isHearsay ? failed(asHearsay(response.failure)) : response;
  const { handle, server } = reading;
  const { alias = handle.alias, userId = handle.userId } = response.value;
  const turn = turnOf(response.value, { ...handle, alias, userId, server });
  return succeeded(reading.wantsEvents ? turn : { ...turn, nextPosition: 0, events: [] });
}

/** Reads a downloaded file. A server that has no file says so in the one response shape, which no attachment has. */
export function readFile(answer: Answer | Mishap, reading: Reading & { fileId: string }): Outcome<FileContent> {
  if (answer.kind !== "answer" || !isSuccess(answer.status)) return failed(failureOf(answer, reading));
  const { headers, bytes } = answer;
  const disposition = headers["content-disposition"];
  const mime = plainMime(headers["content-type"]);
  if (disposition === undefined && mime.startsWith("application/json")) {
    const response = readResponse(answer, reading);
    if (!response.ok && response.failure.code.startsWith("status-")) return response;
  }
  return succeeded({ name: plainName(fileName(disposition) ?? reading.fileId, "file"), mime, bytes });
}

function readResponse(answer: Answer | Mishap, reading: Reading): Outcome<ChatTurnResponse> {
  if (answer.kind !== "answer" || !isSuccess(answer.status)) return failed(failureOf(answer, reading));
  // Each event's depth is looked at by itself.
  const parsed = readSafely(() => parseBody(chatTurnSchema, answer.bytes, true));
  if ("fault" in parsed) return failed(failureOf({ kind: "malformed", fault: parsed.fault }, reading));
  const { statusCode, chatEnded } = parsed.value;
  if (statusCode === 0) return succeeded(parsed.value);
  return failed(statusFailure({ statusCode, isChatEnded: chatEnded === true }, reading));
}

/**
 * What another server says of a session, or refuses for it, says that it has not restored it, or not yet. Its word counts
 * only as long as the session's own cannot be asked, and not at once.
 */
function asHearsay(failure: Failure): Failure {
  if (failure.verdict === "retry") return failure;
  const detail = `${failure.detail}; not the session's own server`;
  return { ...failure, verdict: "retry", isUnknownSession: true, detail };
}

/**
 * 2 means that repeating will not help. Within a session it ends the session when the server says so, and always when even a
 * look at the transcript is refused; otherwise the caller looks before it believes that the post was at fault. Any
 * other number is undocumented and read as 1, an error that may pass.
 */
function statusFailure(status: { statusCode: number; isChatEnded: boolean }, reading: Reading): Failure {
  const { operation } = reading;
  const isEnded = operation === "refresh" || (status.isChatEnded && operation !== "create");
  const verdict = status.statusCode !== 2 ? "retry" : isEnded ? "ended" : "reject";
  const ending = status.isChatEnded ? " and chatEnded" : "";
  const detail = `${subjectOf(reading)}: answered statusCode ${status.statusCode}${ending}`;
  // Codes are labels of metrics: no server may make new ones up.
  const code = [1, 2].includes(status.statusCode) ? `status-${status.statusCode}` : "status-other";
  return { verdict, executed: "unknown", code, detail };
}

const audiences: Record<string, Audience> = { create: "chat-create", download: "chat-file" };

/** A call without a value, classified. */
function failureOf(answer: Answer | Mishap, reading: Reading): Failure {
  const audience = audiences[reading.operation] ?? "chat-session";
  if (answer.kind !== "answer") return classify(answer, audience, subjectOf(reading));
  const { isOwnForm, reason } = readRefusal(answer);
  const mishap = refusal(answer, reading.wallMs, reason);
  return classify(mishap.kind === "status" ? { ...mishap, isOwnForm } : mishap, audience, subjectOf(reading));
}

function subjectOf({ operation, server }: Reading): string {
  const { host } = new URL(server);
  return `chat ${operation} at ${host}`;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function turnOf(response: ChatTurnResponse, handle: ChatHandle): ChatTurn {
  const { chatEnded = false, nextPosition = 0, messages = [] } = response;
  return { handle, ended: chatEnded, nextPosition, events: messages.map(readEvent) };
}

const errorCodesMax = 5;

interface Refusal {
  /** Whether it has the API's own form: a documented `statusCode` (a gateway's may be 404), or one or more `errors`. */
  isOwnForm: boolean;
  /** The codes of its errors; their texts may quote what was posted. */
  reason: string | undefined;
}

function readRefusal(answer: Answer): Refusal {
  try {
    const body = JSON.parse(answer.bytes.toString("utf8")) as { errors?: unknown; statusCode?: unknown } | null;
    const errors: unknown[] = Array.isArray(body?.errors) ? body.errors : [];
    const isOwnForm = errors.length > 0 || [0, 1, 2].includes(body?.statusCode as number);
    return { isOwnForm, reason: Array.isArray(body?.errors) ? errorCodes(errors) : undefined };
  } catch {
    return { isOwnForm: false, reason: undefined };
  }
}

function errorCodes(errors: unknown[]): string {
  const codes = errors.slice(0, errorCodesMax).map((error: unknown) => {
    const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : error;
    return typeof code === "number" || (typeof code === "string" && /^[\w.-]{1,40}$/.test(code)) ? String(code) : "?";
  });
  return `errors ${codes.join(", ")}`;
}

/** The file's name, RFC 6266: the extended form when there is one. */
function fileName(disposition: string | undefined): string | undefined {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1];
  try {
    return extended === undefined ? plain : decodeURIComponent(extended);
  } catch {
    return plain;
  }
}
