import { type PortTls, portOptions, secure } from "@dms/runtime";
import fastify, { type FastifyInstance } from "fastify";
import { faultsRoutes, revokeRoute } from "./admin/faults.ts";
import { ledgerRoute } from "./admin/ledger.ts";
import { messagesRoute } from "./admin/messages.ts";
import { trafficRoutes } from "./admin/traffic.ts";
import { Faults } from "./faults.ts";
import { createGuard } from "./guard.ts";
import { Ledger } from "./ledger.ts";
import { completeOptions, type HubMockOptions, type HubMockSettings } from "./options.ts";
import { answerBrokenRequest, answerUnknownRoute, problemOf, sendProblem } from "./problem.ts";
import { activityRoute } from "./routes/activity.ts";
import { confirmRoute } from "./routes/confirm.ts";
import { fetchRoute } from "./routes/fetch.ts";
import { mediaRoutes } from "./routes/media.ts";
import { sendRoute } from "./routes/send.ts";
import { tokenRoute } from "./routes/token.ts";
import { SeededRandom } from "./seeded-random.ts";
import { Tokens } from "./tokens.ts";
import { Traffic } from "./traffic/traffic.ts";
import { Waiters } from "./waiters.ts";

const adminBodyBytesMax = 64 * 1024 * 1024;

/** A hub that can be listened to. `app.close()` ends traffic and waiting fetches and closes the journal. */
export interface HubMock {
  app: FastifyInstance;
  ledger: Ledger;
  traffic: Traffic;
  /** Fetches that wait for a message now. */
  waiting: () => number;
}

interface Parts {
  settings: HubMockSettings;
  ledger: Ledger;
  traffic: Traffic;
  faults: Faults;
  tokens: Tokens;
  waiters: Waiters;
}

/**
 * Composes the messaging hub of the Hub contract and its admin interface; nothing listens yet. With `dataFile` it goes on
 * where the file ends. Throws `DMS_HUB_MOCK_OPTIONS_INVALID` or `DMS_HUB_MOCK_JOURNAL_BROKEN`.
 */
export function createHubMock(options: HubMockOptions, tls?: PortTls): HubMock {
  const parts = createParts(completeOptions(options));
  const app = createServer(parts.settings, tls);
  registerContract(app, parts);
  app.register(async (admin) => registerAdmin(admin, parts), { prefix: "/admin" });
  const { ledger, traffic, waiters } = parts;
  ledger.onInbound((channel) => waiters.wake(channel));
  app.addHook("preClose", async () => {
    traffic.stop();
    waiters.close();
  });
  app.addHook("onClose", async () => ledger.close());
  return { app, ledger, traffic, waiting: () => waiters.count };
}

function createParts(settings: HubMockSettings): Parts {
  const { clock, random, channels, dataFile, mediaTotalBytesMax, tokenSeconds, seed, sequenceStepMax } = settings;
  const steps = new SeededRandom(seed);
  const nextStep = (): number => steps.integer(1, sequenceStepMax);
  const ledger = new Ledger({ clock, channels, dataFile, mediaTotalBytesMax, nextStep });
  return {
    settings,
    ledger,
    traffic: new Traffic({ clock, random, ledger, seed }),
    // Sources of their own, so that a message more in the log does not move the faults.
    faults: new Faults(new SeededRandom(seed + 1)),
    tokens: new Tokens({ clock, random, tokenSeconds }),
    waiters: new Waiters(clock),
  };
}

/** A fetch may be held open for 30 s. */
const idleMsMax = 60_000;

function createServer({ bodyBytesMax, onError }: HubMockSettings, tls: PortTls | undefined): FastifyInstance {
  const app: FastifyInstance = fastify({
    ...portOptions(tls, idleMsMax),
    bodyLimit: bodyBytesMax,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error, onError)),
  });
  if (tls !== undefined) secure(app, tls);
  app.setNotFoundHandler(answerUnknownRoute);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, problemOf(error, onError)));
  return app;
}

function registerContract(app: FastifyInstance, { settings, ledger, faults, tokens, waiters }: Parts): void {
  const { clock, clientId, clientSecret, mediaBytesMax, waitersMax, batchCharactersMax } = settings;
  const guard = createGuard({ clock, faults, tokens });
  app.register(tokenRoute, { guard, tokens, clientId, clientSecret });
  app.register(mediaRoutes, { guard, ledger, mediaBytesMax });
  fetchRoute(app, { clock, guard, ledger, waiters, waitersMax, batchCharactersMax });
  sendRoute(app, { guard, ledger });
  confirmRoute(app, { guard, ledger });
  activityRoute(app, { guard, ledger });
}

function registerAdmin(admin: FastifyInstance, { ledger, faults, tokens, traffic }: Parts): void {
  admin.addHook("onRoute", (route) => {
    route.bodyLimit = adminBodyBytesMax;
  });
  ledgerRoute(admin, ledger);
  messagesRoute(admin, ledger);
  faultsRoutes(admin, faults);
  revokeRoute(admin, tokens);
  trafficRoutes(admin, { ledger, traffic });
}
