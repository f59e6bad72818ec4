import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createHubClient } = await import("@dms/hub-client");
const { buildVersion, observeCalls, observeRedis, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openJobClient, openStores } = await import("@dms/streams");
const { composeDispatcher } = await import("./app.ts");
const { serveJobs } = await import("./job-calls.ts");
const { planLetterJobs } = await import("./letter-jobs.ts");
const { observeDispatcher } = await import("./telemetry.ts");

const deaths = makeDeathReport();

await runProcess({
  name: "dispatcher",
  argv: process.argv.slice(2),
  needs: ["channels"],
  start: startDispatcher,
  prepareReport: deaths.prepare,
  reportDeath: deaths.report,
});

/** Wires the real parts of a dispatcher. */
async function startDispatcher(context: ProcessContext): Promise<Running> {
  const { config, logger, metrics, certificates, clock, random, name, instance = "", signal } = context;
  const onNotice = (notice: string): void => logger.warn({ event: "waiting" }, notice);
  const trust = certificates.openRedis(config.redis);
  // Loading it takes a while, in which nothing else would run: not beside a lease that must be renewed.
  const { openJobs } = config.jobs.enabled ? await import("@dms/jobs") : { openJobs: null };
  const stores = await openStores({
    config,
    trust,
    clock,
    random,
    onNotice,
    signal,
    onCommand: observeRedis(metrics),
  });
  const { emit, watch } = observeDispatcher(logger, metrics, clock);
  const onCall = observeCalls(metrics);
  const { callTrace: trace } = context;
  const hubs = new Map(
    Object.entries(config.channels).map(([channel, { hub }]) => [
      channel,
      createHubClient({ ...hub, trust: certificates.open(hub.tls), clock, onCall, trace }),
    ]),
  );
  const dispatcher = composeDispatcher(
    {
      ...stores,
      hubs,
      clock,
      random,
      emit: (event) => {
        if (event.type === "member-joined") context.announceMember(event.member);
        context.trace?.(event);
        emit(event);
      },
    },
    config,
    { name, instance, address: `${config.http.host}:${config.http.port}`, version: buildVersion },
  );
  watch(() => dispatcher.figures());
  await dispatcher.start();
  const connecting = { ...config.cluster, settings: config.redis, trust, onFault: () => undefined };
  const jobs = openJobs?.({
    cluster: config.cluster.name,
    connect: (purpose) => openJobClient(connecting, purpose),
    ...planLetterJobs({ letters: stores.letters, clock }, config),
    clock,
    random,
    emit,
  });
  if (jobs) serveJobs(context.admin, jobs);
  return {
    drain: async (deadline) => {
      await Promise.all([dispatcher.drain(deadline), jobs?.drain(deadline)]);
    },
    stop: async () => {
      await Promise.all([dispatcher.stop(), jobs?.close()]);
      await Promise.all([...hubs.values()].map((hub) => hub.close()));
      stores.close();
    },
    readiness: () => dispatcher.readiness(),
  };
}
