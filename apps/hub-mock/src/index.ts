export { createHubMock } from "./app.ts";
export type { HubMock } from "./app.ts";
export type { LedgerInbound, LedgerOutbound, LedgerReport } from "./admin/ledger.ts";
export type { ActiveFault, Fault, Operation } from "./faults.ts";
export type { HubMockOptions } from "./options.ts";
export type { ActivityRecord } from "./records.ts";
export type { ReplayPlan, TrafficPlan } from "./traffic/plan.ts";
export type { TrafficStatus } from "./traffic/traffic.ts";
