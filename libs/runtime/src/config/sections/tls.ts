import { z } from "zod";
import { text } from "../kinds.ts";
import { optional, required } from "../option.ts";

const fileName = "a file name";

/** How a client proves who it is and whom it trusts: `chat.tls` and `hub.tls`. */
export const clientTlsSection = z
  .object({
    ca: optional(text(fileName), "PEM file with the authorities to trust instead of the system's."),
    cert: optional(text(fileName), "PEM file with the client's certificate; with `key`."),
    key: optional(text(fileName), "PEM file with the client's private key."),
    "server-name": optional(text(), "Name to ask for and to verify, when it is not the host in the address."),
  })
  .meta({ description: "How to trust the servers; for `https` addresses." });

/** TLS of the process's own port: `http.tls`. */
export const serverTlsSection = z
  .object({
    cert: required(text(fileName), "PEM file with the port's certificate and its chain."),
    key: required(text(fileName), "PEM file with its private key."),
    "client-ca": optional(
      text(fileName),
      "PEM file with the authorities of clients: everything but the probes then needs a certificate of theirs.",
    ),
  })
  .meta({ description: "Present means that the port speaks TLS, 1.2 or later, and nothing else." });
