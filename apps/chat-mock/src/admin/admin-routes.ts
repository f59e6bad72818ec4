import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AgentDriver } from "../agents/agent-driver.ts";
import { agentOptionsSchema } from "../agents/agent-options.ts";
import { RequestFault } from "../chat/request-fault.ts";
import type { OperationParts } from "../chat/operation.ts";
import { type Faults, faultSchema } from "../faults.ts";
import { endings, type Session } from "../session.ts";

export interface AdminParts extends OperationParts {
  faults: Faults;
  driver: AgentDriver;
}

/** An open session as `GET /admin/sessions` shows it; `server` is the name of the instance that holds it. */
export interface SessionReport {
  chatId: string;
  conversation: string | null;
  openedAt: number;
  lastRequestAt: number;
  server: string;
}

const ledgerSchema = z.object({
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).optional(),
});
const faultsSchema = z.strictObject({ faults: z.array(faultSchema).max(1000) });
const endSchema = z.strictObject({ by: z.enum(endings).default("agent") });
const saySchema = z.strictObject({ text: z.string().min(1) });

/** What tests read and steer the mock with. Faults concern this server; all else every server of the store. */
export async function adminRoutes(scope: FastifyInstance, parts: AdminParts): Promise<void> {
  const { store, sessions, faults, planner } = parts;
  scope.get("/ledger", (request, reply) => {
    const { from, limit } = read(ledgerSchema, request.query);
    return reply.send(store.ledger.report(from, limit ?? null));
  });
  scope.get("/sessions", (_request, reply) => {
    const reports = store.sessions.open().map(
      (session): SessionReport => ({
        chatId: session.chatId,
        conversation: session.conversation,
        openedAt: session.openedAt,
        lastRequestAt: sessions.lastRequestAt(session),
        server: session.server,
      }),
    );
    return reply.send(reports);
  });
  scope.get("/faults", (_request, reply) => reply.send({ faults: faults.list() }));
  scope.put("/faults", (request, reply) => {
    faults.replace(read(faultsSchema, request.body).faults);
    return reply.send({ faults: faults.list() });
  });
  scope.delete("/faults", (_request, reply) => {
    faults.replace([]);
    return reply.send({ faults: [] });
  });
  scope.get("/agents", (_request, reply) => reply.send(planner.options));
  scope.put("/agents", (request, reply) => {
    const changes = read(agentOptionsSchema.partial(), request.body);
    return reply.send(store.write(() => planner.change(definedOf(changes))));
  });
  sessionRoutes(scope, parts);
}

function sessionRoutes(scope: FastifyInstance, parts: AdminParts): void {
  const { store, sessions, driver } = parts;
  scope.post<{ Params: { chatId: string } }>("/sessions/:chatId/end", (request, reply) => {
    const { by } = read(endSchema, request.body ?? {});
    change(parts, request.params.chatId, (session) => sessions.end(session, by));
    return reply.send({ chatId: request.params.chatId, endedBy: by });
  });
  scope.post<{ Params: { chatId: string } }>("/sessions/:chatId/say", (request, reply) => {
    const { text } = read(saySchema, request.body);
    const { chatId } = request.params;
    const index = change(parts, chatId, (session) => {
      driver.say(session, text);
      return session.nextIndex - 1;
    });
    const [said = "{}"] = store.transcript.from(chatId, index);
    return reply.send({ chatId, event: JSON.parse(said) });
  });
}

function change<T>({ store }: AdminParts, chatId: string, act: (session: Session) => T): T {
  return store.write(() => {
    const session = store.sessions.find(chatId);
    if (session === null) throw new RequestFault(404, `no chat ${chatId}`);
    if (session.endedBy !== null) throw new RequestFault(409, `the chat was ended by ${session.endedBy}`);
    const result = act(session);
    store.sessions.save(session);
    return result;
  });
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestFault(400, z.prettifyError(parsed.error));
}

/** Without the keys that are there and undefined. */
function definedOf<T extends object>(changes: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as never;
}
