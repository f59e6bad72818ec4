import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ledger } from "../ledger.ts";
import type { LoggedMessage } from "../messages.ts";
import { parsePart } from "../problem.ts";
import type { ActivityRecord, OutboundRecord } from "../records.ts";

/** A customer's message as the ledger shows it; `receivedAt` in milliseconds since 1970. */
export interface LedgerInbound {
  channel: string;
  sequence: number;
  id: string;
  conversationId: string;
  type: string;
  receivedAt: number;
  message: LoggedMessage;
}

/** A message to a customer as the ledger shows it; `acceptedAt` in milliseconds since 1970. */
export interface LedgerOutbound extends OutboundRecord {
  conversationId: string;
}

/** What `GET /admin/ledger` answers: the parts of the three lists from the offsets asked for, and the whole counts. */
export interface LedgerReport {
  inbound: LedgerInbound[];
  outbound: LedgerOutbound[];
  activities: ActivityRecord[];
  confirmed: Record<string, number>;
  replays: number;
  conflicts: number;
}

const offset = z.coerce.number().int().min(0).default(0);
const querySchema = z.object({
  inboundFrom: offset,
  outboundFrom: offset,
  activitiesFrom: offset,
  limit: z.coerce.number().int().min(1).optional(),
});

/** `GET /admin/ledger`: what the hub knows to have happened. `limit` bounds each list, for a reader in steps. */
export function ledgerRoute(app: FastifyInstance, ledger: Ledger): void {
  app.get("/ledger", async (request): Promise<LedgerReport> => {
    const query = parsePart(querySchema, request.query, "query");
    const limit = query.limit ?? Number.POSITIVE_INFINITY;
    const from = <T>(list: readonly T[], start: number): T[] => list.slice(start, start + limit);
    return {
      inbound: from(ledger.inbound, query.inboundFrom).map(({ channel, receivedAt, message }) => {
        const { sequence, id, conversationId, type } = message;
        return { channel, sequence, id, conversationId, type, receivedAt, message };
      }),
      outbound: from(ledger.outbound, query.outboundFrom).map((record) => ({
        ...record,
        conversationId: record.message.conversationId,
      })),
      activities: from(ledger.activities, query.activitiesFrom),
      confirmed: ledger.confirmed(),
      ...ledger.counts,
    };
  });
}
