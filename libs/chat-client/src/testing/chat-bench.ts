import type { ChatHandle } from "@dms/protocol";
import type { Failure, Outcome } from "@dms/rules";
import { type ChatClient, type ChatClientOptions, createChatClient } from "../chat-client.ts";
import type { OutsideCall } from "@dms/http-client";
import { type Loopback, type StillClock, startLoopback, stillClock, type Visit } from "@dms/http-client/testing";

export interface ChatBench {
  chat: ChatClient;
  servers: Loopback[];
  /** The base URL of server `index`. */
  base: (index: number) => string;
  clock: StillClock;
  calls: OutsideCall[];
  /** The paths that each server saw, in order. */
  seen: () => string[][];
  handle: (more?: Partial<ChatHandle>) => ChatHandle;
  close: () => Promise<void>;
}

/** A chat client over one server per answer; a string stands for a server that is elsewhere. */
export async function chatBench(
  answers: (((visit: Visit) => unknown) | string)[],
  more: Partial<ChatClientOptions> = {},
): Promise<ChatBench> {
  const servers: Loopback[] = [];
  const bases: string[] = [];
  for (const answer of answers) {
    if (typeof answer !== "string") servers.push(await startLoopback(answer));
    bases.push(`${typeof answer === "string" ? answer : (servers.at(-1)?.url ?? "")}/genesys`);
  }
  const clock = stillClock();
  const calls: OutsideCall[] = [];
  const chat = createChatClient({
    servers: bases,
    service: "customer support",
    timeoutMs: 1000,
    answerTimeoutMs: 3000,
    connections: 4,
    clock,
    random: { token: (length) => "b".repeat(length), fraction: () => 0 },
    onCall: (call) => calls.push(call),
    ...more,
  });
  const base = (index: number): string => bases[index] ?? "";
  return {
    chat,
    servers,
    base,
    clock,
    calls,
    seen: () => servers.map(({ visits }) => visits.map(({ path }) => path.replace("/genesys/2/chat/", ""))),
    handle: (given) => ({ chatId: "c/1", secureKey: "key", userId: "", alias: "", server: base(0), ...given }),
    close: async () => {
      await chat.close();
      for (const server of servers) await server.close();
    },
  };
}

/** An answer of statusCode 0 with the given fields. */
export function fine(fields: Record<string, unknown> = {}): (visit: Visit) => void {
  return ({ json }) => json(200, { statusCode: 0, chatEnded: false, ...fields });
}

export const created = fine({ chatId: "c/1", secureKey: "key", alias: "1", userId: "u", nextPosition: 2 });

export function failureOf(outcome: Outcome<unknown>): Failure | undefined {
  return outcome.ok ? undefined : outcome.failure;
}
