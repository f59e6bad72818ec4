import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { openHubs } = await import("@dms/hub-client");
const { observeCalls, observeRedis, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openStores } = await import("@dms/streams");
const { composeDispatcher } = await import("./app.ts");
const { serveJobs } = await import("./job-calls.ts");
const { letterJobs } = await import("./letter-jobs.ts");
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
  const { config, logger, metrics, certificates, clock, random, identity, observed, signal } = context;
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
  const { emit, watch } = observeDispatcher(logger, metrics, clock);
  const hubs = openHubs(config.channels, {
    trustOf: (tls) => certificates.open(tls),
    clock,
    onCall: observeCalls(metrics),
    trace: context.callTrace,
  });
  const dispatcher = composeDispatcher({ ...stores, hubs, clock, random, emit: observed(emit) }, config, identity);
  watch(() => dispatcher.figures());
  await dispatcher.start();
  const jobs = openJobs?.(letterJobs(stores, { clock, random, emit }, config));
  if (jobs) serveJobs(context.admin, jobs, Object.keys(config.channels));
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
