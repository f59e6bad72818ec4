import type { ConversationId } from "@dms/protocol";
import { createLogger, createMetrics } from "@dms/runtime";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { expect, test } from "vitest";
import { observeWorker } from "./telemetry.ts";

test("telemetry: a burial is an error that somebody must look at, but for a receipt that nobody wants", () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "info", name: "w", destination: { write: (line) => lines.push(line) } });
  const { emit } = observeWorker(logger, createMetrics(), handClock());
  const at = { conversation: "c:1" as ConversationId, partition: 0, seq: 1, detail: "" };
  for (const reason of ["rejected", "no-session", "crashing"])
    emit({ type: "message-buried", messageId: "m1", sentAt: 0, latencyMs: 0, deliveryMs: 0, reason, ...at });
  expect(lines.map((line) => JSON.parse(line)).map(({ level, reason }) => `${reason} ${level}`)).toEqual([
    "rejected error",
    "no-session info",
    "crashing error",
  ]);
});
