import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

export interface ProblemOptions {
  /** Seconds until the client may try again; 429 and 503 carry 1 when nothing else is said. */
  retryAfterS?: number | undefined;
  headers?: Record<string, string>;
  /** What is wrong with which part of the request. */
  faults?: { path: string; message: string }[];
}

/** An answer that is an RFC 9457 problem. `detail` says to a person what to change. */
export class Problem extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly faults: ProblemOptions["faults"];

  constructor(status: number, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.faults = options.faults;
    const retryAfterS = options.retryAfterS ?? (status === 429 || status === 503 ? 1 : undefined);
    this.headers = {
      ...options.headers,
      ...(retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) }),
    };
  }

  get title(): string {
    return STATUS_CODES[this.status] ?? "Unknown status";
  }

  body(): Record<string, unknown> {
    const { status, title, message, faults } = this;
    return { type: "about:blank", title, status, detail: message, ...(faults && { faults }) };
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problem.body());
}

/** Makes a problem of whatever a request ended with; what is not the client's fault is told to `onError`. */
export function problemOf(caught: unknown, onError: (error: unknown) => void): Problem {
  if (caught instanceof Problem) return caught;
  const status = caught instanceof Error && "statusCode" in caught ? Number(caught.statusCode) : 500;
  // The contract has no 415: a body of another type is a body that cannot be read.
  if (caught instanceof Error && status === 415) return new Problem(400, caught.message);
  if (caught instanceof Error && status >= 400 && status < 500) return new Problem(status, caught.message);
  onError(caught);
  return new Problem(500, "The hub mock failed; its log says why.");
}

/** Reads one part of a request; a part that does not fit is a 400 that names every fault in it. */
export function parsePart<T>(schema: z.ZodType<T>, value: unknown, part: "body" | "query"): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    path: [part, ...issue.path].join("."),
    message: issue.message,
  }));
  const detail = faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
  throw new Problem(400, detail, { faults });
}

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, new Problem(404, `There is no ${request.method} ${request.url.split("?")[0]}.`));
}

/** Answers what is not even HTTP, where no request exists that a route could answer. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const problem = new Problem(status, "The request is not valid HTTP.");
  const body = JSON.stringify(problem.body());
  socket.end(
    `HTTP/1.1 ${status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
