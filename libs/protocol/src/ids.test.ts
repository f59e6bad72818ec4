import fc from "fast-check";
import { expect, test } from "vitest";
import { channelNamePattern, conversationId, partitionOf, splitConversationId } from "./ids.ts";

const channel = fc.stringMatching(channelNamePattern);

test("conversationId: channel and the hub's id can be told apart again, whatever the hub's id", () => {
  fc.assert(
    fc.property(channel, fc.string(), (name, hubConversationId) => {
      expect(splitConversationId(conversationId(name, hubConversationId))).toEqual({
        channel: name,
        hubConversationId,
      });
    }),
  );
});

test("conversationId: two conversations never share an id", () => {
  fc.assert(
    fc.property(fc.tuple(channel, fc.string()), fc.tuple(channel, fc.string()), (one, other) => {
      fc.pre(one[0] !== other[0] || one[1] !== other[1]);
      expect(conversationId(...one)).not.toBe(conversationId(...other));
    }),
  );
});

test("partitionOf: within bounds for any id", () => {
  fc.assert(
    fc.property(channel, fc.string(), fc.integer({ min: 1, max: 1024 }), (name, id, partitions) => {
      const partition = partitionOf(conversationId(name, id), partitions);
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(partitions);
      expect(Number.isInteger(partition)).toBe(true);
    }),
  );
});

test("partitionOf: stays what it is, for it decides where stored conversations lie", () => {
  const ids = ["whatsapp:1", "whatsapp:491701234567", "apple:Ünïcode 😀"].map((id) => id as never);
  expect(ids.map((id) => partitionOf(id, 1024))).toEqual([555, 241, 337]);
});
