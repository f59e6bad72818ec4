import type { CallTrace, TracedBody } from "@dms/rules";
import type { Logger } from "../logger.ts";

/** A larger body is told by its size only: a log is no place for files and batches. */
const bodyBytesMax = 65_536;

/** Shows exchanges to each of several, while it wants to see them. */
export function traceFor(...traces: readonly CallTrace[]): CallTrace {
  return {
    isOn: () => traces.some((trace) => trace.isOn()),
    note: (call) => {
      for (const trace of traces) if (trace.isOn()) trace.note(call);
    },
  };
}

/**
 * Writes every exchange with hub and chat servers at level trace: what was asked as `Parameters` and `UserData`, what was
 * answered likewise, so that the filters of the log treat them by key. Headers are never written.
 */
export function traceCalls(logger: Logger): CallTrace {
  return {
    isOn: () => logger.isLevelEnabled("trace"),
    note: ({ target, operation, method, address, request, answer, durationMs }) => {
      const facts = { operation, method, address, durationMs, ...(request && { request: shown(request) }) };
      const answered = answer && { answer: { status: answer.status, ...shown(answer) } };
      logger.trace({ event: `${target}-call`, ...facts, ...answered }, `${target} ${operation}`);
    },
  };
}

function shown({ type, body }: TracedBody): Record<string, unknown> {
  const bytes = Buffer.byteLength(body);
  if (bytes === 0) return {};
  const text = bytes > bodyBytesMax ? undefined : textOf(type, body);
  if (text === undefined) return { type, bytes };
  return type.includes("urlencoded") ? form(text) : json(text);
}

function textOf(type: string, body: Uint8Array | string): string | undefined {
  if (!/json|urlencoded/.test(type)) return undefined;
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}

/** `userData[key]` of a form is the key of user data. */
function form(text: string): Record<string, unknown> {
  const parameters: [string, string][] = [];
  const userData: [string, string][] = [];
  for (const [name, value] of new URLSearchParams(text)) {
    const [, key] = /^userData\[(.*)\]$/s.exec(name) ?? [];
    if (key === undefined) parameters.push([name, value]);
    else userData.push([key, value]);
  }
  const pairs = { Parameters: Object.fromEntries(parameters) };
  return userData.length === 0 ? pairs : { ...pairs, UserData: Object.fromEntries(userData) };
}

function json(text: string): Record<string, unknown> {
  try {
    return { Parameters: JSON.parse(text) as unknown };
  } catch {
    // What is no JSON is shown as the text that it is, through the same filters.
    return { Parameters: { body: text } };
  }
}
