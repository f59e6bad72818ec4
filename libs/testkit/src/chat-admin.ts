import type { ChatEvent } from "@dms/protocol";
import { adminCall } from "./admin-call.ts";

/** A row of the chat servers' one ledger; `at` in milliseconds since 1970. */
export interface ChatLedgerRow {
  at: number;
  chatId: string;
  conversation: string | null;
  kind: "created" | "event" | "ended";
  event?: ChatEvent;
  userData?: Record<string, string>;
  endedBy?: string;
  /** Who said to have made the call. */
  caller?: { member: string; grant: string };
}

export interface OpenSession {
  chatId: string;
  conversation: string | null;
  openedAt: number;
  lastRequestAt: number;
  server: string;
}

/** A fault to inject at one chat server; see the mock's `faults.ts`. */
export type ChatFault = { operation: string; kind: string; probability: number } & Record<string, unknown>;

/** One chat mock's admin interface. Faults are its own, all else is of all servers of the store. */
export interface ChatAdmin {
  setFaults(faults: readonly ChatFault[]): Promise<unknown>;
  /** Changes how agents behave; see the mock's `agent-options.ts`. */
  setAgents(changes: Record<string, unknown>): Promise<unknown>;
  sessions(): Promise<OpenSession[]>;
  end(chatId: string, by: "agent" | "client" | "idle" | "idle-client"): Promise<unknown>;
  /** The agent says it at once. */
  say(chatId: string, text: string): Promise<unknown>;
  ledger(from: number, limit?: number): Promise<{ events: ChatLedgerRow[]; next: number }>;
}

export function chatAdmin(base: string): ChatAdmin {
  const post = (path: string, body: unknown): Promise<unknown> => adminCall(base, path, { method: "POST", body });
  return {
    setFaults: (faults) => adminCall(base, "/faults", { method: "PUT", body: { faults } }),
    setAgents: (changes) => adminCall(base, "/agents", { method: "PUT", body: changes }),
    sessions: () => adminCall(base, "/sessions"),
    end: (chatId, by) => post(`/sessions/${chatId}/end`, { by }),
    say: (chatId, text) => post(`/sessions/${chatId}/say`, { text }),
    ledger: (from, limit = 5000) => adminCall(base, `/ledger?from=${from}&limit=${limit}`),
  };
}

/** Asks one server after the other until one answers; throws what the last one said when none does. */
export async function firstAnswering<Answer>(
  servers: readonly ChatAdmin[],
  ask: (server: ChatAdmin) => Promise<Answer>,
): Promise<Answer> {
  let last: unknown = new Error("there is no chat server to ask");
  for (const server of servers) {
    try {
      return await ask(server);
    } catch (caught) {
      last = caught;
    }
  }
  throw last;
}
