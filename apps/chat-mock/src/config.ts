import type { Config } from "@dms/runtime";
import type { ChatMockOptions } from "./options.ts";

/** The chat mock's options as section `chat-mock` has them. */
export function chatMockOptions({ chatMock }: Config): Omit<ChatMockOptions, "clock" | "random" | "onError"> {
  const { basePath, store, flexDisconnectTimeoutMs, seed, agents } = chatMock;
  const { enabled, replyProbability, thinkMinMs, thinkMaxMs, endProbability } = agents;
  return {
    basePath,
    flexDisconnectMs: flexDisconnectTimeoutMs,
    ...(store === undefined ? {} : { storeFile: store }),
    ...(seed === undefined ? {} : { seed }),
    agents: { enabled, replyProbability, endProbability, thinkMs: { min: thinkMinMs, max: thinkMaxMs } },
  };
}
