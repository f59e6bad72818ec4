import type { FastifyInstance, FastifyReply } from "fastify";

export interface AdminAnswer {
  status: number;
  body: unknown;
}

interface AdminCall {
  body: unknown;
  /** What stands in the path where the app wrote `:`. */
  rest: string;
}

/** Whoever asks here for what others answer is told whom to ask. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["jobs", "no jobs are taken here: ask a dispatcher, or a single, that is ready and has jobs.enabled"],
]);

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

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
    return [...new Set([...this.#answers.keys()].map((key) => `/admin/${key.split(" ")[1]?.replace(/:$/, "<id>")}`))];
  }

  routes(admin: FastifyInstance): void {
    admin.route({
      method: [...methods],
      url: "/*",
      handler: async (request, reply) => {
        const path = (request.params as { "*": string })["*"];
        const answer = this.#answerTo(request.method, path);
        if (answer === undefined) return this.#refuse(admin, reply, path);
        const { status, body } = await answer({ body: request.body, rest: path.slice(path.lastIndexOf("/") + 1) });
        return reply.code(status).send(body);
      },
    });
  }

  #answerTo(method: string, path: string): Answer | undefined {
    const at = path.lastIndexOf("/");
    const part = at < 0 ? undefined : this.#answers.get(`${method} ${path.slice(0, at)}/:`);
    return this.#answers.get(`${method} ${path}`) ?? part;
  }

  /** 405 where another method is answered, of these calls or of a route beside them. */
  #refuse(admin: FastifyInstance, reply: FastifyReply, path: string): void {
    const url = `${admin.prefix}/${path}`;
    const allowed = methods.filter(
      (method) => this.#answerTo(method, path) !== undefined || admin.hasRoute({ method, url }),
    );
    const elsewhereOf = elsewhere.get(path.split("/")[0] ?? "");
    if (allowed.length > 0) {
      reply.code(405).header("allow", allowed.join(", "));
      reply.send({ error: `${reply.request.method} is not allowed here`, path: url, allowed });
    } else if (elsewhereOf === undefined) reply.callNotFound();
    else reply.code(404).send({ error: elsewhereOf, path: url });
  }
}
