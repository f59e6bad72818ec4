export type AttributeValue = string | number | boolean;

/** A span that has ended. Times are wall clock ms. */
export interface Span {
  traceId: string;
  spanId: string;
  /** "" for the root. */
  parentId: string;
  name: string;
  kind: "internal" | "consumer" | "client";
  startMs: number;
  endMs: number;
  attributes: Record<string, AttributeValue>;
  /** What went wrong for good; "" when nothing did. */
  error: string;
}
