import type { FastifyInstance } from "fastify";
import type { Guard } from "../guard.ts";
import type { Ledger } from "../ledger.ts";
import { outboundMessageSchema } from "../messages.ts";
import { Problem, parsePart } from "../problem.ts";
import { channelOf, channelPath } from "./channel.ts";

const keyLengthMax = 255;

/** `POST .../messages`: accepts a message to a customer once per Idempotency-Key. */
export function sendRoute(app: FastifyInstance, { guard, ledger }: { guard: Guard; ledger: Ledger }): void {
  app.post(`${channelPath}/messages`, guard("send"), async (request, reply) => {
    const channel = channelOf(request, ledger);
    const key = keyOf(request.headers["idempotency-key"]);
    const outcome = ledger.send(channel, key, parsePart(outboundMessageSchema, request.body, "body"));
    if (outcome.status === "conflict") throw new Problem(409, "This Idempotency-Key was used with another body.");
    if (outcome.status === "faulty") throw new Problem(422, outcome.fault);
    if (outcome.status === "replayed") void reply.header("idempotency-replayed", "true");
    return reply.code(202).send({ id: outcome.id, acceptedAt: new Date(outcome.acceptedAt).toISOString() });
  });
}

function keyOf(header: string | string[] | undefined): string {
  if (typeof header !== "string" || header === "") throw new Problem(400, "The header Idempotency-Key is missing.");
  if (header.length > keyLengthMax) throw new Problem(400, `Idempotency-Key is longer than ${keyLengthMax}.`);
  return header;
}
