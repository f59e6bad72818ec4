export { composeDispatcher } from "./app.ts";
export type { DispatcherPorts } from "./app.ts";
export type { Dispatcher } from "./dispatcher.ts";
export { serveJobs } from "./job-calls.ts";
export { letterJobs } from "./letter-jobs.ts";
export { observeDispatcher } from "./telemetry.ts";
