/** A span as a collector receives it. */
export interface ReceivedSpan {
  service: string;
  /** Name of the process. */
  instance: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 3 is a client's. */
  kind: number;
  status: { code?: number; message?: string };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, string>;
}

type Attributes = { key: string; value: Record<string, string> }[];
type Sent = Omit<ReceivedSpan, "attributes" | "service" | "instance"> & { attributes: Attributes };
interface Body {
  resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: Sent[] }[] }[];
}

const flat = (attributes: Attributes): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? ""]));

/** The spans of one OTLP request in JSON. */
export function spansIn(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body) as Body;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { "service.name": service = "", "service.instance.id": instance = "" } = flat(resource.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service, instance, attributes: flat(span.attributes) })),
    );
  });
}

/** Of calls to hub and chat servers. */
export const clientKind = 3;

/** The wall clock has whole milliseconds, durations have parts of them. Nanoseconds. */
const clockStep = 1_000_000n;

/** What is wrong with a message's trace; nothing when one root spans its receipt and its processing. */
export function traceFaults(spans: readonly ReceivedSpan[]): string[] {
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  const [root] = roots;
  if (roots.length !== 1 || root === undefined) return [`${roots.length} roots`];
  const faults: string[] = [];
  if (new Set(spans.map(({ traceId }) => traceId)).size !== 1) faults.push("more than one trace");
  if (new Set(spans.map(({ spanId }) => spanId)).size !== spans.length) faults.push("two spans of one id");
  const below = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
  const names = below.map(({ name }) => name.split(" ")[0] ?? "");
  if (names.length !== 2 || !names.includes("receive") || !names.includes("process")) {
    faults.push(`below the root: ${names.join(", ")}`);
  }
  for (const span of below) {
    const isBefore = BigInt(span.startTimeUnixNano) + clockStep < BigInt(root.startTimeUnixNano);
    // A batch is received when all of it is stored; an owner may be quicker with its share.
    const isAfter = !span.name.startsWith("receive") && BigInt(span.endTimeUnixNano) > BigInt(root.endTimeUnixNano);
    if (isBefore || isAfter) faults.push(`${span.name} is not inside the root`);
  }
  return faults;
}
