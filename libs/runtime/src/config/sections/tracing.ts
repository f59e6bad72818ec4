import { z } from "zod";
import { baseUrl, fraction, headers, text } from "../kinds.ts";
import { option, optional } from "../option.ts";

/** Section `tracing`: off without a collector. */
export const tracingSection = z.object({
  "otlp-url": optional(
    baseUrl("tracing.headers", "http", "https"),
    "Where spans go, by OTLP over HTTP in JSON: a collector's base URL, or the whole of `.../v1/traces`. Without it nothing is traced.",
  ),
  headers: option(headers(), {}, "Sent with every request to the collector."),
  "sample-ratio": option(
    fraction(0, 1),
    1,
    "The share of messages that are traced; all processes choose the same ones.",
  ),
  "service-name": option(text(), "dms", "Begins `service.name`; the app's name follows, as in `dms-worker`."),
});
