import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "@dms/rules";
import type { FastifyInstance } from "fastify";
import { AddressRates } from "./address-rates.ts";
import type { Logger } from "./logger.ts";
import { LogThrottle } from "./log-throttle.ts";

export interface AdminGuard {
  /** `http.admin-token`; without it only callers on this machine are let in. */
  token: string | undefined;
  clock: Clock;
  logger: Logger;
  onRefused: () => void;
}

/** Wrong tokens of one address: a few at once, then one in ten seconds. */
const wrongTokens = { perSecond: 0.1, burst: 5 };

/**
 * Guards a scope of admin routes. With a token, whoever shows it (`Authorization: Bearer`) may come, and nobody else,
 * loopback or not. Without one only this machine itself may: a loopback address, asked for under a loopback name and not
 * passed on by a proxy, so that neither a web page in a browser here nor a proxy beside the process opens the door.
 */
export function guardAdmin(app: FastifyInstance, { token, clock, logger, onRefused }: AdminGuard): void {
  const wrong = new AddressRates(clock, wrongTokens);
  const throttle = new LogThrottle(clock);
  app.addHook("onRequest", async (request, reply) => {
    const { ip, headers } = request;
    const isOpen = wrong.hasRoom(ip);
    if (isOpen && (token === undefined ? isLocal(ip, headers) : isToken(headers.authorization, token))) return;
    onRefused();
    if (headers.authorization !== undefined) wrong.count(ip);
    const omitted = throttle.admit(`${ip}`);
    if (omitted !== null)
      logger.warn({ event: "admin.refused", address: ip, path: request.url, omitted }, "admin: a call was refused");
    const error = isOpen
      ? refusals[token === undefined ? "local" : "token"]
      : "too many wrong tokens from this address";
    await reply.code(isOpen ? (token === undefined ? 403 : 401) : 429).send({ error });
  });
}

const refusals = {
  local: "only from this machine: set http.admin-token to be let in from elsewhere",
  token: "needs the header Authorization: Bearer <http.admin-token>",
};

/** Takes the same time for every wrong token. */
function isToken(authorization: string | undefined, token: string): boolean {
  const [, given = ""] = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? "") ?? [];
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

const passedOn = ["forwarded", "x-forwarded-for", "x-real-ip", "via", "origin"];

function isLocal(address: string, headers: IncomingHttpHeaders): boolean {
  const isLoopback = /^(?:::ffff:)?127\.|^::1$/.test(address);
  const host = headers.host?.replace(/:\d+$/, "") ?? "";
  const isLocalName = host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
  return isLoopback && isLocalName && passedOn.every((name) => headers[name] === undefined);
}
