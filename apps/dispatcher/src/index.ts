export { composeDispatcher } from "./app.ts";
export type { DispatcherPorts, Identity } from "./app.ts";
export type { Dispatcher } from "./dispatcher.ts";
export { observeDispatcher } from "./telemetry.ts";
