import { z } from "zod";
import { fraction, map, secret, text, url } from "../kinds.ts";
import { option, optional } from "../option.ts";

/** Section `tracing`: off without a collector. */
export const tracingSection = z.object({
  "otlp-url": optional(
    url("http", "https"),
    "Where spans go, by OTLP over HTTP in JSON: a collector's base URL, or the whole of `.../v1/traces`. Without it nothing is traced.",
  ),
  headers: option(secret(map(text())), {}, "Sent with every request to the collector."),
  "sample-ratio": option(
    fraction(0, 1),
    1,
    "The share of messages that are traced; all processes choose the same ones.",
  ),
  "service-name": option(text(), "dms", "Begins `service.name`; the app's name follows, as in `dms-worker`."),
});
