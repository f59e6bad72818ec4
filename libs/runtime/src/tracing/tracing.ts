import type { CallTrace, Clock, Emit, MessageScope } from "@dms/rules";
import { buildVersion } from "../build-version.ts";
import type { Config } from "../config/index.ts";
import type { Metrics } from "../metrics.ts";
import { callSpans } from "./call-spans.ts";
import { spansOf } from "./message-spans.ts";
import { SpanExporter } from "./span-exporter.ts";

/** Turns events into spans and sends them. */
export interface Tracing {
  take: Emit;
  /** The calls that are made within it belong to the message. */
  within: MessageScope;
  calls: CallTrace;
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
  const { within, trace } = callSpans({ clock, ratio, add: (spans) => exporter.add(spans) });
  return {
    take: (event) => exporter.add(spansOf(event, { clock, ratio })),
    within,
    calls: trace,
    close: () => exporter.close(),
  };
}
