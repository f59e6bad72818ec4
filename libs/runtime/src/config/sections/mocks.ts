import { z } from "zod";
import { channelNamePattern } from "@dms/protocol";
import { flag, fraction, list, secret, shaped, text, whole } from "../kinds.ts";
import { option, optional } from "../option.ts";

const channelName = shaped(channelNamePattern, "1 to 63 small letters, digits or dashes");
const seed = optional(whole(0, 4_294_967_295), "Seed of its random choices, to have the same ones again.");

/** Section `hub-mock`: the stand-in for the hub. */
export const hubMockSection = z.object({
  channels: option(list(channelName, 1), ["whatsapp"], "Channels that it has."),
  "client-id": option(text(), "dms", "Client id that it accepts."),
  "client-secret": option(secret(text()), "secret", "Client secret that it accepts."),
  "token-seconds": option(whole(1, 86_400), 300, "How long a token is good, in seconds."),
  "data-file": optional(text("a file name"), "Where it keeps its ledger over a restart; in memory only by default."),
  seed,
});

const agentsSection = z.object({
  enabled: option(flag(), true, "Whether agents answer by themselves."),
  "reply-probability": option(fraction(0, 1), 0.8, "How likely an agent answers a message."),
  "think-min-ms": option(whole(0, 600_000), 500, "Shortest time before an answer."),
  "think-max-ms": option(whole(0, 600_000), 4000, "Longest time before an answer."),
  "end-probability": option(fraction(0, 1), 0.05, "How likely an agent ends the session after an answer."),
});

/** Section `chat-mock`: the stand-in for the chat server. */
export const chatMockSection = z.object({
  "base-path": option(shaped(/^(\/[A-Za-z0-9._~-]+)*$/, "a path like /genesys"), "/genesys", "Path before `/2/chat`."),
  store: optional(text("a file name"), "Where sessions live over a restart; in memory only by default."),
  "flex-disconnect-timeout-ms": option(
    whole(100, 3_600_000),
    45_000,
    "How long a session lives without a request; the chat server's own option, there in seconds.",
  ),
  seed,
  agents: agentsSection.meta({ description: "Agents that answer by themselves." }),
});
