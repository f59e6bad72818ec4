import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Clock } from "@dms/runtime";
import type { Guard } from "../guard.ts";
import type { Ledger } from "../ledger.ts";
import { Problem, parsePart } from "../problem.ts";
import type { Waiters } from "../waiters.ts";
import { channelOf, channelPath } from "./channel.ts";

export interface FetchRouteOptions {
  clock: Clock;
  guard: Guard;
  ledger: Ledger;
  waiters: Waiters;
  waitersMax: number;
  batchCharactersMax: number;
}

const limitMax = 1000;
const limitDefault = 500;
const waitMsMax = 30_000;

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "must be a whole number")
  .transform(Number);
const querySchema = z.object({
  after: wholeNumber.optional(),
  limit: wholeNumber.pipe(z.number().min(1).max(limitMax)).default(limitDefault),
  waitMs: wholeNumber.pipe(z.number().max(waitMsMax)).default(0),
});

/** `GET .../messages`: the next messages, waiting for one when none is there. */
export function fetchRoute(app: FastifyInstance, options: FetchRouteOptions): void {
  const { clock, ledger, waiters } = options;
  app.get(`${channelPath}/messages`, options.guard("fetch"), async (request, reply) => {
    const channel = channelOf(request, ledger);
    const { after, limit, waitMs } = parsePart(querySchema, request.query, "query");
    const read = () => ledger.channel(channel).read(after, { limit, charactersMax: options.batchCharactersMax });
    const endMs = clock.monotonic() + waitMs;
    let messages = read();
    // A message can arrive that is not behind `after`: then the wait goes on for what is left of it.
    for (let leftMs = waitMs; messages.length === 0 && leftMs > 0; leftMs = endMs - clock.monotonic()) {
      if (waiters.count >= options.waitersMax) throw new Problem(429, "Too many fetches are waiting.");
      const why = await waiters.wait(channel, leftMs, reply.raw);
      if (why === "gone") break;
      messages = read();
      if (why === "elapsed") break;
    }
    return { messages };
  });
}
