import type { AttributeValue, Span } from "./span.ts";

/** Who sends the spans. */
export interface Resource {
  "service.name": string;
  "service.instance.id": string;
  "service.version": string;
}

const kinds = { internal: 1, client: 3, consumer: 5 } as const;
const errorStatus = 2;

/** Spans as the body of an OTLP/HTTP request in JSON (`ExportTraceServiceRequest`). */
export function encodeSpans(spans: readonly Span[], resource: Resource): string {
  const scope = { name: "conversation-dispatcher", version: resource["service.version"] };
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes({ ...resource }) },
        scopeSpans: [{ scope, spans: spans.map(encode) }],
      },
    ],
  });
}

function encode(span: Span) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId !== "" && { parentSpanId: span.parentId }),
    // Every process decides alike which messages are traced, so the whole trace is sampled.
    flags: 1,
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: encodeAttributes(span.attributes),
    status: span.error === "" ? {} : { code: errorStatus, message: span.error },
  };
}

/** A number of so many digits has no place in JSON but as text. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function encodeAttributes(attributes: Readonly<Record<string, AttributeValue>>) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: AttributeValue) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
