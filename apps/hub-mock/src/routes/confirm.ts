import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Guard } from "../guard.ts";
import type { Ledger } from "../ledger.ts";
import { Problem, parsePart } from "../problem.ts";
import { channelOf, channelPath } from "./channel.ts";

const bodySchema = z.object({ upTo: z.number().int().min(0) });

/** `POST .../messages/confirm`: moves the confirmed position forward, never back. */
export function confirmRoute(app: FastifyInstance, { guard, ledger }: { guard: Guard; ledger: Ledger }): void {
  app.post(`${channelPath}/messages/confirm`, guard("confirm"), async (request) => {
    const channel = channelOf(request, ledger);
    const { upTo } = parsePart(bodySchema, request.body, "body");
    const log = ledger.channel(channel);
    if (upTo > log.newest) throw new Problem(400, `upTo is ${upTo}, and the newest message is ${log.newest}.`);
    ledger.confirm(channel, upTo);
    return { confirmedUpTo: log.confirmedUpTo };
  });
}
