import type { FastifyInstance } from "fastify";
import type { Guard } from "../guard.ts";
import type { Ledger } from "../ledger.ts";
import { activitySchema } from "../messages.ts";
import { parsePart } from "../problem.ts";
import { channelOf, channelPath } from "./channel.ts";

/** `POST .../activity`: a sign towards the customer. */
export function activityRoute(app: FastifyInstance, { guard, ledger }: { guard: Guard; ledger: Ledger }): void {
  app.post(`${channelPath}/activity`, guard("activity"), async (request, reply) => {
    const channel = channelOf(request, ledger);
    ledger.addActivity(channel, parsePart(activitySchema, request.body, "body"));
    return reply.code(202).send();
  });
}
