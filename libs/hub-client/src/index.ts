export { createHubClient } from "./hub-client.ts";
export type { HubClientOptions } from "./hub-client.ts";
export { openHubs } from "./open-hubs.ts";
export type { OutsideCall } from "@dms/http-client";
