import formbody from "@fastify/formbody";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import type { Guard } from "../guard.ts";
import { Problem } from "../problem.ts";
import type { Tokens } from "../tokens.ts";

export interface TokenRouteOptions {
  guard: Guard;
  tokens: Tokens;
  clientId: string;
  clientSecret: string;
}

/** A refusal in the form of RFC 6749, section 5.2. */
class TokenRefusal extends Error {
  readonly word: "invalid_request" | "invalid_client" | "unsupported_grant_type";

  constructor(word: TokenRefusal["word"], description: string) {
    super(description);
    this.word = word;
  }
}

/** `POST /oauth/token`. A plugin of its own, because only this route reads forms and answers errors in OAuth's form. */
export async function tokenRoute(app: FastifyInstance, options: TokenRouteOptions): Promise<void> {
  await app.register(formbody);
  app.setErrorHandler(answerError);
  app.post("/oauth/token", options.guard("token"), async (request, reply) => {
    if (!isClient(request.headers.authorization, options)) {
      throw new TokenRefusal("invalid_client", "The client id or the secret in the Basic header is not right.");
    }
    const body = request.body;
    const grantType = typeof body === "object" && body !== null && "grant_type" in body ? body.grant_type : undefined;
    if (typeof grantType !== "string" || grantType === "") {
      throw new TokenRefusal("invalid_request", "The form must have grant_type exactly once.");
    }
    if (grantType !== "client_credentials") {
      throw new TokenRefusal("unsupported_grant_type", "Only client_credentials is supported.");
    }
    const { token, seconds } = options.tokens.issue();
    return reply
      .header("cache-control", "no-store")
      .send({ access_token: token, token_type: "Bearer", expires_in: seconds });
  });
}

function answerError(error: FastifyError, _request: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof TokenRefusal) return sendRefusal(reply, error);
  // A request that cannot be read is this route's invalid_request; the rest is the server's to answer, as everywhere.
  if (error instanceof Problem || (error.statusCode ?? 500) >= 500) throw error;
  return sendRefusal(reply, new TokenRefusal("invalid_request", error.message));
}

function sendRefusal(reply: FastifyReply, { word, message }: TokenRefusal): FastifyReply {
  const isUnknownClient = word === "invalid_client";
  if (isUnknownClient) void reply.header("www-authenticate", 'Basic realm="hub"');
  return reply
    .code(isUnknownClient ? 401 : 400)
    .header("cache-control", "no-store")
    .send({ error: word, error_description: message });
}

function isClient(authorization: string | undefined, { clientId, clientSecret }: TokenRouteOptions): boolean {
  const [scheme, encoded] = (authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || encoded === undefined) return false;
  const pair = Buffer.from(encoded, "base64").toString();
  const colon = pair.indexOf(":");
  // RFC 6749 encodes both parts as a form does, and many clients do not: both are taken.
  const isPart = (given: string, wanted: string): boolean => given === wanted || decoded(given) === wanted;
  return colon >= 0 && isPart(pair.slice(0, colon), clientId) && isPart(pair.slice(colon + 1), clientSecret);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return part;
  }
}
