import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChatResponse, chatResponseSchema } from "@dms/protocol";
import { systemRandom } from "@dms/runtime";
import { onTestFinished } from "vitest";
import { type ChatMock, createChatMock } from "../app.ts";
import type { ChatMockOptions } from "../options.ts";
import type { LedgerReport } from "../store/ledger.ts";
import { FakeClock } from "./fake-clock.ts";

/** What a session's client holds. */
export interface Chat {
  chatId: string;
  secureKey: string;
}

/** A chat server with a clock in the test's hand and agents that are off, driven without a socket. */
export interface Bench extends ChatMock {
  clock: FakeClock;
  /** Posts a form to `/genesys/2/chat/<path>`. */
  post(path: string, form?: Record<string, string>): Promise<{ status: number; body: ChatResponse }>;
  /** Creates a session and answers its first response. */
  open(form?: Record<string, string>): Promise<Chat & ChatResponse>;
  /** An operation of a session; fails unless HTTP says 200. */
  call(chat: Chat, operation: string, form?: Record<string, string>): Promise<ChatResponse>;
  ledger(from?: number): Promise<LedgerReport>;
}

/** Starts a bench that is closed when the test is over. */
export async function startBench(options: Partial<ChatMockOptions> & { clock?: FakeClock } = {}): Promise<Bench> {
  const clock = options.clock ?? new FakeClock();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const mock = createChatMock({ random: systemRandom, agents: { enabled: false }, onError, ...options, clock });
  onTestFinished(async () => {
    await mock.app.close();
    if (errors.length > 0) throw errors[0];
  });
  await mock.app.ready();
  const post: Bench["post"] = async (path, form = {}) => {
    const answer = await mock.app.inject({
      method: "POST",
      url: `/genesys/2/chat/${path}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams(form).toString(),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
  const succeed = async (path: string, form: Record<string, string>): Promise<ChatResponse> => {
    const { status, body } = await post(path, form);
    if (status !== 200) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
    return chatResponseSchema.parse(body);
  };
  return {
    ...mock,
    clock,
    post,
    open: async (form = { nickname: "Jo" }) => (await succeed("support", form)) as Chat & ChatResponse,
    call: ({ chatId, secureKey }, operation, form = {}) =>
      succeed(`support/${chatId}/${operation}`, { secureKey, ...form }),
    ledger: async (from = 0) => (await mock.app.inject(`/admin/ledger?from=${from}`)).json(),
  };
}

/** A path for a store that is removed when the test is over. */
export function storePath(): string {
  const folder = mkdtempSync(join(tmpdir(), "chat-mock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "made-by-the-mock", "chat.sqlite");
}

/** Type and text of each event, as "Message hello". */
export function outline(response: Pick<ChatResponse, "messages">): string[] {
  return (response.messages ?? []).map(({ type, text }) => (text === undefined ? type : `${type} ${text}`));
}

export function indexes(response: Pick<ChatResponse, "messages">): (number | undefined)[] {
  return (response.messages ?? []).map(({ index }) => index);
}
