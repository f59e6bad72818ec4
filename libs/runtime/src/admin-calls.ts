import type { FastifyInstance } from "fastify";

export interface AdminAnswer {
  status: number;
  body: unknown;
}

interface AdminCall {
  body: unknown;
  /** What stands in the path where the app wrote `:`. */
  rest: string;
}

type Answer = (call: AdminCall) => Promise<AdminAnswer>;

/**
 * The admin calls that an app answers, below `/admin/`. They may be added when the port is open already, for the app starts
 * after it; until then they are unknown. A path may end with `/:`, for one more part.
 */
export class AdminCalls {
  readonly #answers = new Map<string, Answer>();

  serve(method: "GET" | "POST", path: string, answer: Answer): void {
    this.#answers.set(`${method} ${path}`, answer);
  }

  /** Paths that are answered now. */
  get paths(): string[] {
    return [...new Set([...this.#answers.keys()].map((key) => `/admin/${key.split(" ")[1]}`))];
  }

  routes(admin: FastifyInstance): void {
    admin.route({
      method: ["GET", "POST"],
      url: "/*",
      handler: async (request, reply) => {
        const path = (request.params as { "*": string })["*"];
        const at = path.lastIndexOf("/");
        const whole = this.#answers.get(`${request.method} ${path}`);
        const part = at < 0 ? undefined : this.#answers.get(`${request.method} ${path.slice(0, at)}/:`);
        const answer = whole ?? part;
        if (answer === undefined) return reply.callNotFound();
        const { status, body } = await answer({ body: request.body, rest: path.slice(at + 1) });
        return reply.code(status).send(body);
      },
    });
  }
}
