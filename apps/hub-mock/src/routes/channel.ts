import type { FastifyRequest } from "fastify";
import type { Ledger } from "../ledger.ts";
import { Problem } from "../problem.ts";

export const channelPath = "/v1/channels/:channelId";

/** The channel that a request names; one that does not exist is a 404. */
export function channelOf(request: FastifyRequest, ledger: Ledger): string {
  const { channelId } = request.params as { channelId: string };
  if (!ledger.hasChannel(channelId)) throw new Problem(404, `There is no channel ${channelId}.`);
  return channelId;
}
