import type { Clock, Emit } from "@dms/rules";
import { buildVersion } from "../build-version.ts";
import type { Config } from "../config/index.ts";
import type { Metrics } from "../metrics.ts";
import { spansOf } from "./message-spans.ts";
import { SpanExporter } from "./span-exporter.ts";

/** Turns events into spans and sends them. */
export interface Tracing {
  take: Emit;
  close(): Promise<void>;
}

/** Null, and nothing at all, where the configuration names no collector. */
export function openTracing(
  settings: Config["tracing"],
  options: { app: string; name: string; clock: Clock; metrics: Metrics },
): Tracing | null {
  const { otlpUrl, headers, sampleRatio: ratio, serviceName } = settings;
  if (otlpUrl === undefined) return null;
  const { app, name, clock, metrics } = options;
  const exporter = new SpanExporter({
    url: otlpUrl.endsWith("/v1/traces") ? otlpUrl : `${otlpUrl}/v1/traces`,
    headers,
    resource: { "service.name": `${serviceName}-${app}`, "service.instance.id": name, "service.version": buildVersion },
    clock,
    metrics,
  });
  return { take: (event) => exporter.add(spansOf(event, { clock, ratio })), close: () => exporter.close() };
}
