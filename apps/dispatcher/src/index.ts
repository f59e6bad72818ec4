export { composeDispatcher } from "./app.ts";
export type { DispatcherPorts, Identity } from "./app.ts";
export type { Dispatcher } from "./dispatcher.ts";
export { serveJobs } from "./job-calls.ts";
export { planLetterJobs } from "./letter-jobs.ts";
export { observeDispatcher } from "./telemetry.ts";
