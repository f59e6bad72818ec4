import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ledger } from "../ledger.ts";
import { inboundDraftSchema, uncheckedDraftSchema } from "../messages.ts";
import { Problem, parsePart } from "../problem.ts";

const messagesMax = 10_000;

const envelopeSchema = z.object({ channel: z.string(), unchecked: z.boolean().default(false) });
const checkedSchema = z.object({ messages: z.array(inboundDraftSchema).max(messagesMax) });
const uncheckedSchema = z.object({ messages: z.array(uncheckedDraftSchema).max(messagesMax) });

/**
 * `POST /admin/messages`: customers write. With `unchecked: true` a message may break the contract, for tests of how
 * the dispatcher survives that; `sequence` and `id` are the hub's in any case.
 */
export function messagesRoute(app: FastifyInstance, ledger: Ledger): void {
  app.post("/messages", async (request) => {
    const { channel, unchecked } = parsePart(envelopeSchema, request.body, "body");
    if (!ledger.hasChannel(channel)) throw new Problem(404, `There is no channel ${channel}.`);
    const { messages } = parsePart(unchecked ? uncheckedSchema : checkedSchema, request.body, "body");
    const received = ledger.receive(channel, messages);
    return { messages: received.map(({ sequence, id }) => ({ sequence, id })) };
  });
}
