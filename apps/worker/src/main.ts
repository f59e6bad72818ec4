import "@dms/runtime/boot";
import type { ProcessContext, Running } from "@dms/runtime";

const { createChatClient } = await import("@dms/chat-client");
const { openHubs } = await import("@dms/hub-client");
const { observeCalls, observeRedis, observeServers, runProcess } = await import("@dms/runtime");
const { makeDeathReport, openStores } = await import("@dms/streams");
const { composeWorker } = await import("./app.ts");
const { replyLimits } = await import("./config.ts");
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
  const { config, logger, metrics, certificates, clock, random, identity, observed, within, signal } = context;
  const stores = await openStores({
    config,
    trust: certificates.openRedis(config.redis),
    clock,
    random,
    onNotice: context.waiting,
    signal,
    onCommand: observeRedis(metrics),
  });
  const { emit, watch } = observeWorker(logger, metrics, clock);
  const calls = { clock, onCall: observeCalls(metrics), trace: context.callTrace };
  const chat = createChatClient({ ...config.chat, trust: certificates.open(config.chat.tls), random, ...calls });
  const hubs = openHubs(config.channels, { trustOf: (tls) => certificates.open(tls), ...calls }, replyLimits(config));
  const worker = composeWorker(
    { ...stores, chat, hubs, clock, random, emit: observed(emit), within },
    config,
    identity,
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
