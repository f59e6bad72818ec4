export { composeWorker } from "./app.ts";
export type { Identity, WorkerPorts } from "./app.ts";
export { replyTimeoutMs } from "./config.ts";
export { observeWorker } from "./telemetry.ts";
export type { Worker } from "./worker.ts";
