import { AsyncLocalStorage } from "node:async_hooks";
import { messageIdIn } from "@dms/protocol";
import type { CallTrace, Clock, MessageScope, TracedCall } from "@dms/rules";
import type { AttributeValue, Span } from "./span.ts";
import { isSampled, spanIdOf, type TraceIds, traceIdsOf } from "./trace-ids.ts";

/** The message for which calls are made now. What was begun for it and goes on afterwards is no longer part of it. */
interface Scope extends TraceIds {
  calls: number;
  isOver: boolean;
}

export interface CallSpansOptions {
  clock: Clock;
  ratio: number;
  add(this: void, spans: readonly Span[]): void;
}

/**
 * Spans of single calls to hub and chat servers, below the message for which they are made. Which message that is follows the
 * asynchronous calls, so nobody on the way need pass it on; what is made for no message (fetching, polling, replies) has none.
 */
export function callSpans({ clock, ratio, add }: CallSpansOptions): { within: MessageScope; trace: CallTrace } {
  const scopes = new AsyncLocalStorage<Scope>();
  const current = (): Scope | undefined => {
    const scope = scopes.getStore();
    return scope === undefined || scope.isOver ? undefined : scope;
  };
  return {
    within: async ({ channel, payload }, work) => {
      const ids = traceIdsOf(channel, messageIdIn(payload));
      if (!isSampled(ids.traceId, ratio)) return work();
      const scope: Scope = { ...ids, calls: 0, isOver: false };
      try {
        return await scopes.run(scope, work);
      } finally {
        scope.isOver = true;
      }
    },
    trace: {
      isOn: () => current() !== undefined,
      note: (call) => {
        const scope = current();
        if (scope !== undefined) add([spanOf(call, scope, clock.wall())]);
      },
    },
  };
}

/** Names and attributes follow OpenTelemetry's conventions for HTTP clients; the operation stands for the route. */
function spanOf(call: TracedCall, scope: Scope, endMs: number): Span {
  const { target, operation, method, address, scheme, answer, fault, durationMs } = call;
  const startMs = endMs - durationMs;
  const name = `${method} ${operation}`;
  const [host = "", path = ""] = [address.split("/")[0], address.slice(address.indexOf("/")).split("?")[0]];
  const { hostname, port } = new URL(`${scheme}://${host}`);
  const error = answer === null ? fault : answer.status >= 400 ? String(answer.status) : "";
  const attributes: Record<string, AttributeValue> = {
    "http.request.method": method,
    "server.address": hostname,
    "server.port": Number(port || (scheme === "https" ? 443 : 80)),
    "url.scheme": scheme,
    "url.path": path,
    "dms.target": target,
    "dms.operation": operation,
    ...(answer !== null && { "http.response.status_code": answer.status }),
    ...(error !== "" && { "error.type": error }),
  };
  const spanId = spanIdOf(scope.traceId, `${name} ${++scope.calls}`, startMs);
  return {
    traceId: scope.traceId,
    spanId,
    parentId: scope.rootId,
    name,
    kind: "client",
    startMs,
    endMs,
    attributes,
    error,
  };
}
