import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler, onSendAsyncHookHandler } from "fastify";
import type { Clock } from "@dms/runtime";
import type { Faults, Operation } from "./faults.ts";
import { Problem } from "./problem.ts";
import type { Tokens } from "./tokens.ts";

/** Route options that put the injected faults and, except for the token itself, the bearer check around an operation. */
export type Guard = (operation: Operation) => {
  onRequest: onRequestAsyncHookHandler[];
  onSend: onSendAsyncHookHandler;
};

/** Makes the guard. Faults strike first, as in a gateway before the hub, so that they need no token. */
export function createGuard({ clock, faults, tokens }: { clock: Clock; faults: Faults; tokens: Tokens }): Guard {
  const strike =
    (operation: Operation): onRequestAsyncHookHandler =>
    async (request, reply) => {
      const { latencyMs, verdict } = faults.before(operation);
      if (latencyMs > 0) await clock.sleep(latencyMs);
      if (verdict === "cut") return cut(request, reply);
      if (verdict === null) return;
      const { status, retryAfterS } = verdict;
      throw new Problem(status, "A fault injected by the test.", { retryAfterS });
    };
  return (operation) => ({
    onRequest: operation === "token" ? [strike(operation)] : [strike(operation), requireToken(tokens)],
    onSend: async (request, reply, payload) => {
      // Only what was executed can lose its reply: a refusal that gets lost would use up a fault that a test counts on.
      if (reply.statusCode < 400 && faults.losesReply(operation)) request.raw.socket.destroy();
      return payload;
    },
  });
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function requireToken(tokens: Tokens): onRequestAsyncHookHandler {
  return async (request) => {
    const [scheme, token] = (request.headers.authorization ?? "").split(" ");
    if (scheme?.toLowerCase() === "bearer" && token !== undefined && tokens.isGood(token)) return;
    const isMissing = request.headers.authorization === undefined;
    throw new Problem(
      401,
      isMissing
        ? "Send a token as Authorization: Bearer <token>."
        : "The token is unknown, expired or revoked: get another.",
      { headers: { "www-authenticate": isMissing ? "Bearer" : 'Bearer error="invalid_token"' } },
    );
  };
}
