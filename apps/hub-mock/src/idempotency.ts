import { createHash } from "node:crypto";
import type { OutboundRecord } from "./records.ts";

const keyHours = 24;
const keyMs = keyHours * 60 * 60 * 1000;

interface Remembered {
  id: string;
  acceptedAt: number;
  fingerprint: string;
}

/** The answers of the last 24 hours by channel and Idempotency-Key. */
export class IdempotencyKeys {
  readonly #answers = new Map<string, Remembered>();

  remember(record: OutboundRecord): void {
    const key = keyOf(record.channel, record.idempotencyKey);
    // Deleted first so that the map stays in order of acceptance, which is what makes forgetting cheap.
    this.#answers.delete(key);
    const { id, acceptedAt, message } = record;
    this.#answers.set(key, { id, acceptedAt, fingerprint: fingerprintOf(message) });
  }

  /** What the key was answered before, and whether that was for the same body; null for a new or forgotten key. */
  recall(
    request: { channel: string; idempotencyKey: string; body: unknown },
    nowMs: number,
  ): { id: string; acceptedAt: number; isSameBody: boolean } | null {
    this.#forget(nowMs);
    const found = this.#answers.get(keyOf(request.channel, request.idempotencyKey));
    if (found === undefined) return null;
    const { id, acceptedAt, fingerprint } = found;
    return { id, acceptedAt, isSameBody: fingerprint === fingerprintOf(request.body) };
  }

  #forget(nowMs: number): void {
    for (const [key, answer] of this.#answers) {
      if (answer.acceptedAt + keyMs > nowMs) return;
      this.#answers.delete(key);
    }
  }
}

function keyOf(channel: string, idempotencyKey: string): string {
  return `${channel}:${idempotencyKey}`;
}

/** Two bodies are the same when they are the same JSON value: the order of fields means nothing. */
function fingerprintOf(body: unknown): string {
  return createHash("sha256").update(JSON.stringify(body, sortFields)).digest("base64");
}

function sortFields(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
