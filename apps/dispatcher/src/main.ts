import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createHubClient } = await import("@dms/hub-client");
const { buildVersion, observeCalls, observeRedis, runProcess, traceCalls } = await import("@dms/runtime");
const { makeDeathReport, openStores } = await import("@dms/streams");
const { composeDispatcher } = await import("./app.ts");
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
  const stores = await openStores({
    config,
    trust: certificates.openRedis(config.redis),
    clock,
    random,
    onNotice,
    signal,
    onCommand: observeRedis(metrics),
  });
  const { emit, watch } = observeDispatcher(logger, metrics, clock);
  const onCall = observeCalls(metrics);
  const trace = traceCalls(logger);
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
  return {
    drain: (deadline) => dispatcher.drain(deadline),
    stop: async () => {
      await dispatcher.stop();
      await Promise.all([...hubs.values()].map((hub) => hub.close()));
      stores.close();
    },
    readiness: () => dispatcher.readiness(),
    failed: dispatcher.failed,
  };
}
