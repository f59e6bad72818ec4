import { crc32 } from "node:zlib";
import { type PortTls, portOptions, secure } from "@dms/runtime";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { adminRoutes } from "./admin/admin-routes.ts";
import { AgentDriver } from "./agents/agent-driver.ts";
import { AgentPlanner } from "./agents/agent-planner.ts";
import { chatRoutes } from "./chat/chat-routes.ts";
import { errorsOf, RequestFault } from "./chat/request-fault.ts";
import { Faults } from "./faults.ts";
import { type ChatMockOptions, type ChatMockSettings, completeOptions } from "./options.ts";
import { SeededRandom } from "./seeded-random.ts";
import { Sessions } from "./sessions.ts";
import { isBusy } from "./store/database.ts";
import { Store } from "./store/store.ts";
import { Ticker } from "./ticker.ts";

const sweepMsMax = 1000;

/** A chat server that can be listened to. `app.close()` stops its agents and closes its store. */
export interface ChatMock {
  app: FastifyInstance;
  /** `<serverName>.<random>`, as `GET /admin/sessions` shows it for the sessions held here. */
  instance: string;
}

/**
 * Composes a chat server with Chat API Version 2 and its admin interface; nothing listens yet. Servers with the same
 * `storeFile` share their sessions, so each can go on with those of another that has died.
 * Throws `DMS_CHAT_MOCK_OPTIONS_INVALID`, or sqlite's error for a store that cannot be opened.
 */
export function createChatMock(options: ChatMockOptions, tls?: PortTls): ChatMock {
  const settings = completeOptions(options);
  const store = new Store(settings.storeFile);
  const planner = new AgentPlanner({ store, clock: settings.clock, defaults: settings.agents });
  const sessions = new Sessions({ store, settings, planner, chance: chanceOf(settings) });
  const driver = new AgentDriver({ store, sessions, planner, clock: settings.clock, random: settings.random });
  // A source of its own, so that a session more does not move the faults.
  const faults = new Faults(new SeededRandom(settings.seed + 1));
  const app = createServer(settings, tls);
  app.register(chatRoutes, { prefix: `${settings.basePath}/2/chat`, store, settings, sessions, planner, faults });
  app.register(adminRoutes, { prefix: "/admin", store, settings, sessions, planner, faults, driver });
  const ticker = createTicker(settings, { store, sessions, driver });
  app.addHook("onReady", async () => ticker.start());
  app.addHook("preClose", async () => ticker.stop());
  app.addHook("onClose", async () => store.close());
  return { app, instance: sessions.instance };
}

/** Servers of one seed differ by their names: they must not all give the aliases that the others give. */
function chanceOf({ seed, serverName }: ChatMockSettings): SeededRandom {
  return new SeededRandom(seed ^ crc32(serverName));
}

/** A worker's connection may rest as long as its sessions are quiet. */
const idleMsMax = 60_000;

function createServer(settings: ChatMockSettings, tls: PortTls | undefined): FastifyInstance {
  const app: FastifyInstance = fastify({
    ...portOptions(tls, idleMsMax),
    bodyLimit: settings.bodyBytesMax,
  });
  if (tls !== undefined) secure(app, tls);
  app.setNotFoundHandler((request, reply) =>
    sendFault(reply, new RequestFault(404, `there is no ${request.method} ${request.url.split("?")[0]}`)),
  );
  app.setErrorHandler((error, _request, reply) => sendFault(reply, faultOf(error, settings.onError)));
  return app;
}

function faultOf(caught: unknown, onError: (error: unknown) => void): RequestFault {
  if (caught instanceof RequestFault) return caught;
  if (isBusy(caught)) return new RequestFault(503, "the store is busy");
  const status = caught instanceof Error && "statusCode" in caught ? Number(caught.statusCode) : 500;
  if (caught instanceof Error && status >= 400 && status < 500) return new RequestFault(status, caught.message);
  onError(caught);
  return new RequestFault(500, "the chat mock failed; its log says why");
}

function sendFault(reply: FastifyReply, fault: RequestFault): FastifyReply {
  return reply.code(fault.httpStatus).send(errorsOf(fault));
}

function createTicker(
  { clock, tickMs, flexDisconnectMs, onError }: ChatMockSettings,
  { store, sessions, driver }: { store: Store; sessions: Sessions; driver: AgentDriver },
): Ticker {
  const sweepMs = Math.min(sweepMsMax, flexDisconnectMs / 20);
  let sweptAt = clock.monotonic();
  const tick = (): void => {
    driver.tick();
    if (clock.monotonic() - sweptAt < sweepMs) return;
    sweptAt = clock.monotonic();
    store.write(() => sessions.sweep());
  };
  return new Ticker({ clock, everyMs: tickMs, tick, onError: (error) => !isBusy(error) && onError(error) });
}
