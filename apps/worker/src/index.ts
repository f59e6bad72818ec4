export { composeWorker } from "./app.ts";
export type { WorkerPorts } from "./app.ts";
export { replyLimits } from "./config.ts";
export { observeWorker } from "./telemetry.ts";
export type { Worker } from "./worker.ts";
