import { readFileSync } from "node:fs";
import { messageOf } from "@dms/runtime";

/** A conversation that was written down, as the hub takes it. */
export type WrittenConversation = Record<string, unknown>;

/** A line as it must be; the help shows it. */
export const sampleLine =
  '{"customer": "c1", "brand": "b1", "messages": [{"from": "customer", "text": "Hello", "at": "2026-01-01T10:00:00Z"}]}';

/** One conversation a line. Throws in one line that names the file, its line and what a line must have. */
export function readConversations(file: string): WrittenConversation[] {
  const conversations = textOf(file)
    .split("\n")
    .flatMap((line, index): WrittenConversation[] =>
      line.trim() === "" ? [] : [conversationIn(line, file, index + 1)],
    );
  if (conversations.length === 0) throw new Error(`--replay ${file}: has no conversation; a line is as ${sampleLine}`);
  return conversations;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`--replay ${file}: cannot be read (${messageOf(cause)}); a line is as ${sampleLine}`, { cause });
  }
}

function conversationIn(line: string, file: string, number: number): WrittenConversation {
  const fault = (what: string): Error => new Error(`--replay ${file}:${number}: ${what}; a line is as ${sampleLine}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fault("is no JSON");
  }
  if (!isObject(value)) throw fault("is no object");
  const missing = missingIn(value);
  if (missing !== null) throw fault(missing);
  return value;
}

function missingIn(conversation: WrittenConversation): string | null {
  for (const field of ["customer", "brand"]) {
    if (typeof conversation[field] !== "string") return `${field} is no text`;
  }
  const { messages } = conversation;
  if (!Array.isArray(messages)) return "messages is no list";
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) return `messages[${index}] is no object`;
    const wrong = ["from", "text", "at"].find((field) => typeof message[field] !== "string");
    if (wrong !== undefined) return `messages[${index}].${wrong} is no text`;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
