import { DmsError, messageOf } from "../errors.ts";

/** Causes can be made circular by whoever builds them; eight explain enough. */
const causesMax = 8;

/** A caught value as log fields: message, code, details and the messages of its causes. */
export function errorFields(caught: unknown, hasStack = false): Record<string, unknown> {
  const fields: Record<string, unknown> = { message: messageOf(caught) };
  const code = codeOf(caught);
  if (code !== undefined) fields["code"] = code;
  if (caught instanceof DmsError && Object.keys(caught.details).length > 0) fields["details"] = caught.details;
  const causes = causesOf(caught);
  if (causes.length > 0) fields["causes"] = causes;
  if (hasStack && caught instanceof Error) fields["stack"] = caught.stack;
  return fields;
}

/** The stable code of a DmsError, or the system's own (`ECONNREFUSED`). */
export function codeOf(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !("code" in caught)) return undefined;
  return typeof caught.code === "string" ? caught.code : undefined;
}

function causesOf(caught: unknown): string[] {
  const causes: string[] = [];
  let cause = caught instanceof Error ? caught.cause : undefined;
  while (cause !== undefined && causes.length < causesMax) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
