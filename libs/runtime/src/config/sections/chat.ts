import { z } from "zod";
import { baseUrl, headers, list, map, proxyUrl, secret, text, whole } from "../kinds.ts";
import { option, optional } from "../option.ts";
import { clientTlsSection } from "./tls.ts";

/** Section `chat`: the chat servers behind Chat API Version 2. */
export const chatSection = z.object({
  servers: option(
    list(baseUrl("chat.username and chat.password", "http", "https")),
    [],
    "Addresses of the chat servers, each with its base path (`http://host:port/genesys`). Modes `single` and `worker` need one or more.",
  ),
  service: option(text(), "customer-support", "Name of the chat service, part of every path."),
  "timeout-ms": option(
    whole(50, 30_000),
    2000,
    "How long a call may take. Together with `cluster.heartbeat-ms` and `cluster.lease-margin-ms` less than `cluster.lease-ms`.",
  ),
  "answer-timeout-ms": option(
    whole(50, 60_000),
    10_000,
    "How long a post that has left may wait for its answer: until then a chat server that is slow shows nothing twice. Longer helps a server that stands still for longer, and delays the messages behind a post whose answer is lost. Also how long the transfer of a file may take, from or to chat server or hub: one that takes longer is tried again without limit.",
  ),
  headers: option(headers(), {}, "Headers added to every call, for example `x-api-key`."),
  username: optional(text(), "User for HTTP Basic."),
  password: optional(secret(text()), "Password for HTTP Basic; with `username`."),
  "poll-active-ms": option(whole(50, 39_999), 500, "Time between two looks at a session in which something happens."),
  "poll-idle-ms": option(
    whole(50, 39_999),
    10_000,
    "Time between two looks at a quiet session: how late an agent's first words may be. Raise it where many sessions are quiet; under 40000 because the chat server drops a session after 45 s without a request.",
  ),
  "unknown-session-ms": option(
    whole(0, 600_000),
    60_000,
    "How long a session counts as living that nobody knows who answers: a load balancer whose servers are not there yet (HTTP 404, 410 or 400 without the Chat API's own body), or other chat servers while the session's own cannot be reached. A chat server drops a session after 45 s without a request; the rest is for its restoration.",
  ),
  "user-data": option(
    map(text()),
    {},
    "User data added to every session; what stands there anyway is in [chat.md](chat.md#user-data-of-a-session).",
  ),
  "answer-bytes-max": option(
    whole(1024, 268_435_456),
    16_777_216,
    "Largest answer of a chat server that is read, files apart: a transcript must fit in.",
  ),
  "file-bytes-max": option(
    whole(1024, 268_435_456),
    67_108_864,
    "Largest file that is taken from a chat server; a larger one goes to the dead letters.",
  ),
  connections: option(whole(1, 4096), 64, "Connections to each chat server, at most."),
  proxy: optional(proxyUrl(), "HTTP proxy for all calls to the chat servers, with user and password if it wants them."),
  "no-proxy": optional(
    text("hosts with commas between"),
    "Hosts reached without the proxy. Default: `NO_PROXY` of the environment.",
  ),
  tls: z.exactOptional(clientTlsSection),
});
