import { z } from "zod";
import { secret, shaped, text, whole } from "../kinds.ts";
import { option, optional } from "../option.ts";
import { serverTlsSection } from "./tls.ts";

const retryBase = option(
  whole(1, 600_000),
  200,
  "First pause before a failed call is tried again; it doubles each time.",
);
const retryMax = option(whole(1, 600_000), 10_000, "Longest pause before a failed call is tried again.");

/** Section `worker`: bounds of a process that holds chat sessions. */
export const workerSection = z.object({
  "sessions-max": option(whole(1, 10_000_000), 50_000, "Conversations that one worker takes, at most."),
  "deliveries-max": option(
    whole(1, 1000),
    5,
    "How often a message may be in hand when its worker dies, before it is buried as the likely cause.",
  ),
  "rejections-max": option(whole(1, 1000), 3, "How often the chat server may refuse a message before it is buried."),
  "retry-base-ms": retryBase,
  "retry-max-ms": retryMax,
  "missing-after-ms": option(
    whole(100, 3_600_000),
    10_000,
    "How long a conversation waits for a message that is in no inbox, before that message is buried as missing.",
  ),
  "effects-max": option(whole(1, 100_000), 256, "Outside calls under way at once."),
  "files-bytes-max": option(
    whole(1_048_576, 17_179_869_184),
    67_108_864,
    "Bytes of files that are in hand at once, on their way from hub to chat server or back; each takes twice its size of memory. A larger file goes alone. Where nobody says how large a file is, 8 MiB count.",
  ),
  "read-count": option(whole(1, 10_000), 1000, "Entries read at once, from all inboxes together."),
  "settle-linger-ms": option(whole(0, 1000), 5, "How long settles are gathered into one batch."),
  "mailbox-max": option(
    whole(1, 10_000_000),
    10_000,
    "Entries that wait in memory for their conversation's turn, at most.",
  ),
});

/** Section `dispatcher`: bounds of a process that fetches and leads. */
export const dispatcherSection = z.object({
  "backlog-high": option(whole(1, 1_000_000_000), 100_000, "Unsettled entries at which fetching stops."),
  "backlog-low": option(whole(0, 1_000_000_000), 80_000, "Unsettled entries at which fetching goes on."),
  "retry-base-ms": retryBase,
  "retry-max-ms": retryMax,
  "rehome-count": option(
    whole(1, 10_000),
    500,
    "Conversations that one rehome moves, at most; fewer where a call takes longer than 50 ms.",
  ),
});

/** Section `http`: the one port of every process (`/livez`, `/readyz`, `/metrics`, `/admin`; the mocks' own API too). */
export const httpSection = z.object({
  host: option(text(), "0.0.0.0", "Address to listen on."),
  port: option(whole(0, 65_535), 4100, "Port to listen on; 0 takes a free one and logs it."),
  "admin-token": optional(
    secret(shaped(/^[\x21-\x7e]{16,512}$/, "16 to 512 characters without spaces")),
    "What `/admin` wants to see (`Authorization: Bearer`). Without it `/admin` serves callers on this machine only.",
  ),
  "requests-per-second": option(
    whole(1, 100_000),
    50,
    "Requests a second that one address may make, in the long run; twice as many at once. More are answered 429.",
  ),
  tls: z.exactOptional(serverTlsSection),
});
