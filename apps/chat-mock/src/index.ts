export { createChatMock } from "./app.ts";
export type { ChatMock } from "./app.ts";
export type { SessionReport } from "./admin/admin-routes.ts";
export type { AgentOptions } from "./agents/agent-options.ts";
export type { ActiveFault, Fault } from "./faults.ts";
export type { ChatMockOptions, FileLimits } from "./options.ts";
export type { EndedBy } from "./session.ts";
export type { LedgerEvent, LedgerReport } from "./store/ledger.ts";
