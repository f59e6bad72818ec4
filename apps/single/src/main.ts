import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createChatClient } = await import("@dms/chat-client");
const { composeDispatcher, letterJobs, observeDispatcher, serveJobs } = await import("@dms/dispatcher");
const { openHubs } = await import("@dms/hub-client");
const { observeCalls, observeRedis, observeServers, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openStores } = await import("@dms/streams");
const { composeWorker, observeWorker, replyLimits } = await import("@dms/worker");

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
  const { config, logger, metrics, certificates, clock, random, identity, observed, within, signal } = context;
  // Loading it takes a while, in which nothing else would run: not beside a lease that must be renewed.
  const { openJobs } = config.jobs.enabled ? await import("@dms/jobs") : { openJobs: null };
  const stores = await openStores({
    config,
    trust: certificates.openRedis(config.redis),
    clock,
    random,
    onNotice: context.waiting,
    signal,
    onCommand: observeRedis(metrics),
  });
  const { chat, fetchHubs, replyHubs } = openOutside(context);
  const workerView = observeWorker(logger.child({ role: "worker" }), metrics, clock);
  const dispatcherView = observeDispatcher(logger.child({ role: "dispatcher" }), metrics, clock);
  const worker = composeWorker(
    { ...stores, chat, hubs: replyHubs, clock, random, emit: observed(workerView.emit), within },
    config,
    identity,
  );
  const dispatcher = composeDispatcher(
    { ...stores, hubs: fetchHubs, clock, random, emit: observed(dispatcherView.emit) },
    config,
    identity,
  );
  workerView.watch(() => worker.figures());
  dispatcherView.watch(() => dispatcher.figures());
  observeServers(metrics, () => chat.servers());
  void worker.drainOrdered.then(() => process.kill(process.pid, "SIGTERM"));
  await Promise.all([worker.start(), dispatcher.start()]);
  const jobs = openJobs?.(letterJobs(stores, { clock, random, emit: dispatcherView.emit }, config));
  if (jobs) serveJobs(context.admin, jobs, Object.keys(config.channels));
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
      const reasons = [...new Set([...worker.readiness().reasons, ...dispatcher.readiness().reasons])];
      return { ready: reasons.length === 0, reasons };
    },
  };
}

/** The two members call the hub with time-outs of their own. */
function openOutside({ config, metrics, certificates, clock, random, callTrace: trace }: ProcessContext) {
  const calls = { clock, onCall: observeCalls(metrics), trace };
  const hubCalls = { ...calls, trustOf: certificates.open.bind(certificates) };
  return {
    chat: createChatClient({ ...config.chat, trust: certificates.open(config.chat.tls), random, ...calls }),
    fetchHubs: openHubs(config.channels, hubCalls),
    replyHubs: openHubs(config.channels, hubCalls, replyLimits(config)),
  };
}
