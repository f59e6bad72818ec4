import type { OutboundRecord } from "../records.ts";
import type { InboundDraft } from "../messages.ts";
import type { SeededRandom } from "../seeded-random.ts";

const meanMs = { sent: 50, delivered: 300, read: 2000 } as const;
const failedShare = 0.02;
const readShare = 0.7;

/** What a customer's phone reports of one accepted message, each with the time after acceptance. */
export function receiptsOf(record: OutboundRecord, random: SeededRandom): { afterMs: number; draft: InboundDraft }[] {
  const { conversationId, from, to } = record.message;
  const draft = (status: "sent" | "delivered" | "read" | "failed"): InboundDraft => ({
    conversationId,
    type: "receipt",
    from: { id: to },
    to: { id: from },
    receipt: { messageId: record.id, status, ...(status === "failed" ? { reason: "number unknown" } : {}) },
  });
  const sentMs = random.exponential(meanMs.sent);
  if (random.fraction() < failedShare) return [{ afterMs: sentMs, draft: draft("failed") }];
  const deliveredMs = sentMs + random.exponential(meanMs.delivered);
  const receipts = [
    { afterMs: sentMs, draft: draft("sent") },
    { afterMs: deliveredMs, draft: draft("delivered") },
  ];
  if (random.fraction() >= readShare) return receipts;
  return [...receipts, { afterMs: deliveredMs + random.exponential(meanMs.read), draft: draft("read") }];
}
