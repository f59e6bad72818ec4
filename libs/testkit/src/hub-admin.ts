import type { OutboundMessage } from "@dms/protocol";
import { adminCall } from "./admin-call.ts";

/** Rows of the hub mock's ledger; times in milliseconds since 1970. */
export interface HubLedger {
  inbound: {
    channel: string;
    sequence: number;
    id: string;
    conversationId: string;
    receivedAt: number;
    message: unknown;
  }[];
  outbound: {
    channel: string;
    id: string;
    idempotencyKey: string;
    acceptedAt: number;
    conversationId: string;
    message: OutboundMessage;
  }[];
  confirmed: Record<string, number>;
  replays: number;
  conflicts: number;
}

/** What made-up customers do; `rate` in messages a second over all conversations together. */
export interface TrafficPlan {
  channel: string;
  rate: number;
  conversations: number;
  seconds?: number;
  messagesPerConversation?: number;
  hotConversation?: { messages: number; rate: number };
  types?: Record<string, number>;
  burst?: { everyS: number; size: number };
  receipts?: boolean;
  seed?: number;
}

/** Written-down conversations to be written again, each message after a pause; `speed` divides the real ones. */
export interface ReplayPlan {
  channel: string;
  conversations: unknown[];
  pauseMs: { min: number; max: number };
  speed?: number;
  seed?: number;
}

export interface TrafficStatus {
  running: boolean;
  generated: number;
  conversationsStarted: number;
}

/** A fault to inject at the hub; see the mock's `faults.ts`. */
export type HubFault = { operation: string; kind: string; probability: number } & Record<string, unknown>;

/** The hub mock's admin interface. Every call throws while the mock is down. */
export interface HubAdmin {
  /** Customers write these; answers what the hub made of them. */
  receive(
    channel: string,
    messages: readonly Record<string, unknown>[],
    options?: { isUnchecked?: boolean },
  ): Promise<{ messages: { sequence: number; id: string }[] }>;
  startTraffic(plan: TrafficPlan): Promise<TrafficStatus>;
  startReplay(plan: ReplayPlan): Promise<TrafficStatus>;
  stopTraffic(): Promise<TrafficStatus>;
  traffic(): Promise<TrafficStatus>;
  setFaults(faults: readonly HubFault[]): Promise<unknown>;
  revokeTokens(): Promise<unknown>;
  /** The lists from these offsets on, each bounded by `limit`. */
  ledger(from: { inbound: number; outbound: number; limit?: number }): Promise<HubLedger>;
}

export function hubAdmin(base: string): HubAdmin {
  return {
    receive: (channel, messages, { isUnchecked = false } = {}) =>
      adminCall(base, "/messages", { method: "POST", body: { channel, messages, unchecked: isUnchecked } }),
    startTraffic: (plan) => adminCall(base, "/traffic", { method: "POST", body: plan }),
    startReplay: (plan) => adminCall(base, "/replay", { method: "POST", body: plan }),
    stopTraffic: () => adminCall(base, "/traffic", { method: "DELETE" }),
    traffic: () => adminCall(base, "/traffic"),
    setFaults: (faults) => adminCall(base, "/faults", { method: "PUT", body: { faults } }),
    revokeTokens: () => adminCall(base, "/tokens/revoke", { method: "POST" }),
    ledger: ({ inbound, outbound, limit = 5000 }) =>
      adminCall(
        base,
        `/ledger?inboundFrom=${inbound}&outboundFrom=${outbound}&activitiesFrom=999999999&limit=${limit}`,
      ),
  };
}
