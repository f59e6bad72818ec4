import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createChatClient } = await import("@dms/chat-client");
const { createHubClient } = await import("@dms/hub-client");
const { buildVersion, observeCalls, observeRedis, observeServers, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openStores } = await import("@dms/streams");
const { composeWorker } = await import("./app.ts");
const { replyTimeoutMs } = await import("./config.ts");
const { observeWorker } = await import("./telemetry.ts");

const deaths = makeDeathReport();

await runProcess({
  name: "worker",
  argv: process.argv.slice(2),
  needs: ["channels", "chat"],
  start: startWorker,
  prepareReport: deaths.prepare,
  reportDeath: deaths.report,
});

/** Wires the real parts of a worker. */
async function startWorker(context: ProcessContext): Promise<Running> {
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
  const { emit, watch } = observeWorker(logger, metrics, clock);
  const onCall = observeCalls(metrics);
  const { callTrace: trace } = context;
  const chat = createChatClient({
    ...config.chat,
    trust: certificates.open(config.chat.tls),
    clock,
    random,
    onCall,
    trace,
  });
  const hubs = new Map(
    Object.entries(config.channels).map(([channel, { hub, ...rest }]) => [
      channel,
      createHubClient({
        ...hub,
        timeoutMs: replyTimeoutMs({ hub, ...rest }, config),
        fileTimeoutMs: config.chat.answerTimeoutMs,
        trust: certificates.open(hub.tls),
        clock,
        onCall,
        trace,
      }),
    ]),
  );
  const worker = composeWorker(
    {
      ...stores,
      chat,
      hubs,
      clock,
      random,
      emit: (event) => {
        if (event.type === "member-joined") context.announceMember(event.member);
        context.trace?.(event);
        emit(event);
      },
      within: context.within,
    },
    config,
    { name, instance, address: `${config.http.host}:${config.http.port}`, version: buildVersion },
  );
  watch(() => worker.figures());
  observeServers(metrics, () => chat.servers());
  // A drain that a leader orders is the same as one that the platform asks for.
  void worker.drainOrdered.then(() => process.kill(process.pid, "SIGTERM"));
  await worker.start();
  return {
    drain: (deadline) => worker.drain(deadline),
    stop: async () => {
      await worker.stop();
      await Promise.all([chat.close(), ...[...hubs.values()].map((hub) => hub.close())]);
      stores.close();
    },
    readiness: () => worker.readiness(),
  };
}
