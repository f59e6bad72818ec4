import type { Clock } from "@dms/rules";
import type { Metrics } from "../metrics.ts";
import { encodeSpans, type Resource } from "./otlp.ts";
import type { Span } from "./span.ts";

export interface SpanExporterOptions {
  /** Where spans are posted, as in `http://collector:4318/v1/traces`. */
  url: string;
  headers: Record<string, string>;
  resource: Resource;
  clock: Clock;
  metrics: Metrics;
  /** Sends one body; answers the status. Rejects when nobody answers. */
  post?: (url: string, headers: Record<string, string>, body: string) => Promise<number>;
}

const queueMax = 4096;
const batchMax = 512;
const everyMs = 1000;
const attemptsMax = 3;
const timeoutMs = 5000;

/**
 * Sends spans in batches beside the work, never in its way: the queue is bounded, a collector that does not answer costs
 * spans, which are counted, and nothing else. `close` sends what is left, once.
 */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #count: Record<"sent" | "lost" | "dropped", (count: number) => void>;
  #queue: Span[] = [];
  #sending: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    const spans = options.metrics.counter({
      name: "dms_spans_total",
      help: "Spans sent, lost (the collector did not take them) or dropped (the queue was full)",
      labels: ["outcome"],
    });
    const counted = (outcome: string) => {
      const series = spans.of({ outcome });
      series.add(0);
      return (count: number) => series.add(count);
    };
    this.#count = { sent: counted("sent"), lost: counted("lost"), dropped: counted("dropped") };
  }

  add(spans: readonly Span[]): void {
    for (const span of spans) {
      if (this.#queue.length >= queueMax) this.#count.dropped(1);
      else this.#queue.push(span);
    }
    if (this.#queue.length === 0 || this.#isClosed) return;
    if (this.#queue.length >= batchMax) void this.#flush();
    else this.#cancel ??= this.#options.clock.after(everyMs, () => void this.#flush());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sending;
    await this.#flush();
  }

  #flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, batchMax);
      const isSent = await this.#send(encodeSpans(batch, this.#options.resource));
      this.#count[isSent ? "sent" : "lost"](batch.length);
    }
  }

  async #send(body: string): Promise<boolean> {
    const { url, headers, clock, post = postJson } = this.#options;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      try {
        const status = await post(url, headers, body);
        if (status < 300) return true;
        // What is refused is refused again; only an overloaded collector is asked once more.
        if (status !== 429 && status < 500) return false;
      } catch {
        // Nobody answered: counted by the caller, and tried again.
      }
      if (attempt < attemptsMax && !this.#isClosed) await clock.sleep(everyMs * attempt);
    }
    return false;
  }
}

/** Node's own client: a collector stands beside the process, and its time-out is not one that customers wait for. */
async function postJson(url: string, headers: Record<string, string>, body: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  return response.status;
}
