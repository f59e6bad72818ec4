import { channelNamePattern } from "@dms/protocol";
import { z } from "zod";
import { baseUrl, oneOf, proxyUrl, secret, shaped, text, userlessUrl, whole } from "../kinds.ts";
import { option, optional, required } from "../option.ts";
import { clientTlsSection } from "./tls.ts";

/** As the hub's contract has it. */
const channelId = shaped(channelNamePattern, "1 to 63 small letters, digits or dashes, the first a letter or digit");

/** As DMS has it, where the second one is the chat server's endpoint. Nothing routes by it here. */
const inboundRoute = shaped(
  /^\d+:[^\s,:][^,:]*(, ?\d+:[^\s,:][^,:]*)?$/,
  "<tenant id>:<chat endpoint>, or two of them with a comma between",
);

const credentials = "client-id and client-secret";

const hubSection = z.object({
  url: required(baseUrl(credentials, "http", "https"), "Address of the hub's API."),
  "client-id": required(text(), "Client id for the token."),
  "client-secret": required(secret(text()), "Client secret for the token."),
  "channel-id": optional(channelId, "The hub's id of the channel. Default: the section's `<name>`."),
  "timeout-ms": option(
    whole(100, 60_000),
    5000,
    "How long a call to the hub may take, beyond the time that a fetch asks the hub to wait.",
  ),
  "answer-bytes-max": option(
    whole(1024, 268_435_456),
    33_554_432,
    "Largest answer of the hub that is read, files apart. A batch that is larger is asked for in halves.",
  ),
  "media-bytes-max": option(
    whole(1024, 268_435_456),
    134_217_728,
    "Largest file that is taken from the hub; in the place of a larger one stands a line of text.",
  ),
  "token-url": optional(
    userlessUrl(credentials, "http", "https"),
    "Where tokens come from. Default: `url` followed by `/oauth/token`.",
  ),
  proxy: optional(proxyUrl(), "HTTP proxy for all calls to the hub, with user and password if it wants them."),
  "no-proxy": optional(
    text("hosts with commas between"),
    "Hosts reached without the proxy. Default: `NO_PROXY` of the environment.",
  ),
  tls: z.exactOptional(clientTlsSection),
});

/** A section `channel-<name>`: one medium and business account at the hub. */
export const channelSection = z.object({
  driver: option(oneOf("genesys-hub"), "genesys-hub", "The way in which the channel is connected."),
  hub: hubSection.meta({ description: "The hub." }),
  "inbound-media": optional(text(), "Media type of the interactions, for example `whatsappsession`."),
  "inbound-route": optional(
    inboundRoute,
    "Where sessions go, for example `1:session-WA`. It becomes user data (`_umsInboundRoute`) and nothing else: the chat server must route by it.",
  ),
  "fetch-limit": option(whole(1, 1000), 1000, "Messages in one fetch, at most."),
  "fetch-wait-ms": option(whole(0, 30_000), 5000, "How long the hub holds a fetch open when it has nothing."),
  receipts: option(
    oneOf("always", "never"),
    "always",
    "Whether a delivery or read receipt may open a chat session when the conversation has none; with `never` it then goes to the dead letters. In an open session it is shown either way, as a post from the customer.",
  ),
});
