import "@dms/runtime/boot";
import type { ClusterEvent, TrustSource } from "@dms/rules";
import type { ProcessContext, Running } from "@dms/runtime";

const { createChatClient } = await import("@dms/chat-client");
const { composeDispatcher, observeDispatcher, planLetterJobs, serveJobs } = await import("@dms/dispatcher");
const { createHubClient } = await import("@dms/hub-client");
const { buildVersion, observeCalls, observeRedis, observeServers, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openJobClient, openStores } = await import("@dms/streams");
const { composeWorker, observeWorker, replyTimeoutMs } = await import("@dms/worker");

const deaths = makeDeathReport();

await runProcess({
  name: "single",
  argv: process.argv.slice(2),
  needs: ["channels", "chat"],
  start: startSingle,
  prepareReport: deaths.prepare,
  reportDeath: deaths.report,
});

/** Wires a dispatcher and a worker into one process: two members that share connections, name and fate. */
async function startSingle(context: ProcessContext): Promise<Running> {
  const { config, logger, metrics, clock, random, name, instance = "" } = context;
  const trust = context.certificates.openRedis(config.redis);
  // Loading it takes a while, in which nothing else would run: not beside a lease that must be renewed.
  const { openJobs } = config.jobs.enabled ? await import("@dms/jobs") : { openJobs: null };
  const stores = await openRedis(context, trust);
  const { chat, fetchHubs, replyHubs } = openOutside(context);
  const identity = { name, instance, address: `${config.http.host}:${config.http.port}`, version: buildVersion };
  const announced = (emit: (event: ClusterEvent) => void) => (event: ClusterEvent) => {
    if (event.type === "member-joined") context.announceMember(event.member);
    context.trace?.(event);
    emit(event);
  };
  const workerView = observeWorker(logger.child({ role: "worker" }), metrics, clock);
  const dispatcherView = observeDispatcher(logger.child({ role: "dispatcher" }), metrics, clock);
  const worker = composeWorker(
    { ...stores, chat, hubs: replyHubs, clock, random, emit: announced(workerView.emit), within: context.within },
    config,
    identity,
  );
  const dispatcher = composeDispatcher(
    { ...stores, hubs: fetchHubs, clock, random, emit: announced(dispatcherView.emit) },
    config,
    identity,
  );
  workerView.watch(() => worker.figures());
  dispatcherView.watch(() => dispatcher.figures());
  observeServers(metrics, () => chat.servers());
  await Promise.all([worker.start(), dispatcher.start()]);
  const connecting = { ...config.cluster, settings: config.redis, trust, onFault: () => undefined };
  const jobs = openJobs?.({
    cluster: config.cluster.name,
    connect: (purpose) => openJobClient(connecting, purpose),
    ...planLetterJobs({ letters: stores.letters, clock }, config),
    clock,
    random,
    emit: dispatcherView.emit,
  });
  if (jobs) serveJobs(context.admin, jobs);
  return {
    // The dispatcher goes on leading while the worker hands its conversations off to another process, if there is one.
    drain: async (deadline) => {
      await Promise.all([worker.drain(deadline), jobs?.drain(deadline)]);
      await dispatcher.drain(deadline);
    },
    stop: async () => {
      await Promise.all([worker.stop(), dispatcher.stop(), jobs?.close()]);
      await Promise.all([chat.close(), ...[...fetchHubs.values(), ...replyHubs.values()].map((hub) => hub.close())]);
      stores.close();
    },
    readiness: () => {
      const reasons = [...worker.readiness().reasons, ...dispatcher.readiness().reasons];
      return { ready: reasons.length === 0, reasons };
    },
  };
}

function openRedis({ config, logger, metrics, clock, random, signal }: ProcessContext, trust: TrustSource | undefined) {
  const onNotice = (notice: string): void => logger.warn({ event: "waiting" }, notice);
  return openStores({ config, trust, clock, random, onNotice, signal, onCommand: observeRedis(metrics) });
}

/** The two members call the hub with time-outs of their own. */
function openOutside({ config, metrics, certificates, clock, random, callTrace: trace }: ProcessContext) {
  const onCall = observeCalls(metrics);
  const openHubs = (timeoutMs: (channel: (typeof config.channels)[string]) => number) =>
    new Map(
      Object.entries(config.channels).map(([channel, settings]) => [
        channel,
        createHubClient({
          ...settings.hub,
          timeoutMs: timeoutMs(settings),
          fileTimeoutMs: config.chat.answerTimeoutMs,
          trust: certificates.open(settings.hub.tls),
          clock,
          onCall,
          trace,
        }),
      ]),
    );
  return {
    chat: createChatClient({ ...config.chat, trust: certificates.open(config.chat.tls), clock, random, onCall, trace }),
    fetchHubs: openHubs((channel) => channel.hub.timeoutMs),
    replyHubs: openHubs((channel) => replyTimeoutMs(channel, config)),
  };
}
