import { type ChatEvent, chatEventSchema } from "@dms/protocol";
import { checkShape, isTooDeep, writeJson } from "@dms/http-client";

/**
 * One event of a transcript as it can be counted on. An event that does not parse keeps what counting needs (who, what,
 * where), so that every owner counts it alike; what it said is kept as it came, for the dead letters. One that does not
 * even say who and what counts as spoken to the customer: it must turn up somewhere. (A2, I8)
 */
export function readEvent(value: unknown): ChatEvent {
  if (!isTooDeep(value)) {
    const parsed = checkShape(chatEventSchema, value);
    if ("value" in parsed) {
      const { unreadable: _, index, ...event } = parsed.value;
      return index !== undefined && index > 0 ? { ...event, index } : event;
    }
  }
  const index = positive(fieldOf(value, "index"));
  return {
    from: { type: textOf(fieldOf(fieldOf(value, "from"), "type")) ?? "Unreadable" },
    type: textOf(fieldOf(value, "type")) ?? "Message",
    ...(index === undefined ? {} : { index }),
    unreadable: writeJson(value),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
