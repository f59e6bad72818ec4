import type { ChannelConfig, Config } from "@dms/runtime";
import type { WorkerBounds } from "./ports.ts";

/** The bounds of a worker as the configuration has them. */
export function workerBounds({ worker, chat, cluster }: Config): WorkerBounds {
  return {
    effectMs: chat.timeoutMs,
    answerMs: Math.max(chat.timeoutMs, chat.answerTimeoutMs),
    holdMsMax: Math.max(chat.timeoutMs, cluster.provedGraceMs),
    effectsMax: worker.effectsMax,
    filesBytesMax: worker.filesBytesMax,
    deliveriesMax: worker.deliveriesMax,
    rejectionsMax: worker.rejectionsMax,
    retry: { baseMs: worker.retryBaseMs, maxMs: worker.retryMaxMs },
    missingAfterMs: worker.missingAfterMs,
    readCount: worker.readCount,
    settleLingerMs: worker.settleLingerMs,
    mailboxMax: worker.mailboxMax,
    pollActiveMs: chat.pollActiveMs,
    pollIdleMs: chat.pollIdleMs,
    unknownSessionMs: chat.unknownSessionMs,
  };
}

/** How long a worker's calls to the hub may take: effects like any other, so its lease must outlive them. (I4) */
export function replyLimits({
  chat,
}: Config): (channel: ChannelConfig) => { timeoutMs: number; fileTimeoutMs: number } {
  return ({ hub }) => ({
    timeoutMs: Math.min(hub.timeoutMs, chat.timeoutMs),
    fileTimeoutMs: chat.answerTimeoutMs,
  });
}

/** User data of every session of a channel; keys as the documented system has them. */
export function sessionUserData(name: string, channel: ChannelConfig, config: Config): Record<string, string> {
  const media = channel.inboundMedia;
  return {
    GCTI_DMS_AppName: config.settings.appName,
    _umsChannel: `channel-${name}`,
    ...(media === undefined ? {} : { _umsMediaType: media.replace(/session$/, ""), _umsMediaTypeChat: media }),
    ...(channel.inboundRoute === undefined ? {} : { _umsInboundRoute: channel.inboundRoute }),
    ...config.chat.userData,
  };
}
