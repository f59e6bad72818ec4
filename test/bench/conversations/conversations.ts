import type { Case, CaseOptions, CaseResult, Plot, Target } from "../case.ts";
import { type Rehoming, rehome } from "./rehoming.ts";
import { type Weight, weighConversations } from "./weighing.ts";

const sizes = { full: [10_000, 50_000, 100_000, 1_000_000], quick: [10_000] };
const rehomed = { full: 100_000, quick: 20_000 };
const bounds = { redisBytes: 400, heapBytes: 1024, conversations: 50_000, rssMiB: 512, rehomeMs: 10_000 };

async function run({ isQuick, say }: CaseOptions): Promise<CaseResult> {
  const weights: Weight[] = [];
  for (const conversations of isQuick ? sizes.quick : sizes.full) {
    const weight = await weighConversations(conversations);
    weights.push(weight);
    say(
      `${conversations} conversations: ${weight.redisBytesEach.toFixed(0)} bytes of Redis, ${weight.heapBytesEach.toFixed(0)} of heap each, RSS ${weight.rssMiB.toFixed(0)} MiB, idle ${(weight.idleShare * 100).toFixed(1)} % of a core`,
    );
  }
  const moved = await rehome(isQuick ? rehomed.quick : rehomed.full);
  say(
    `${moved.conversations} rehomed in ${moved.movingMs.toFixed(0)} ms, ${moved.shownMeanwhile} messages shown meanwhile`,
  );
  return resultOf(weights, moved);
}

function targetsOf(weights: readonly Weight[], moved: Rehoming): Target[] {
  const redis = Math.max(...weights.map(({ redisBytesEach }) => redisBytesEach));
  const heap = Math.max(...weights.map(({ heapBytesEach }) => heapBytesEach));
  const held = weights.find(({ conversations }) => conversations === bounds.conversations);
  const targets: Target[] = [
    {
      what: "Redis an idle conversation",
      wanted: `at most ${bounds.redisBytes} bytes`,
      got: `${redis.toFixed(0)} bytes`,
      isMet: redis <= bounds.redisBytes,
    },
    {
      what: "worker heap an idle conversation",
      wanted: "at most 1 KiB",
      got: `${heap.toFixed(0)} bytes`,
      isMet: heap <= bounds.heapBytes,
    },
  ];
  if (held) {
    const got = `${held.rssMiB.toFixed(0)} MiB`;
    targets.push({
      what: "one worker with 50,000 conversations, resident",
      wanted: `within ${bounds.rssMiB} MiB`,
      got,
      isMet: held.rssMiB <= bounds.rssMiB,
    });
  }
  const got = `${(moved.movingMs / 1000).toFixed(1)} s for ${moved.conversations}`;
  targets.push({
    what: "rehoming 100,000 conversations under traffic",
    wanted: "within 10 s",
    got,
    isMet: moved.movingMs <= bounds.rehomeMs,
  });
  return targets;
}

function plotOf(weights: readonly Weight[]): Plot {
  return {
    name: "conversations-bytes",
    title: "Memory an idle conversation",
    unit: "bytes",
    bars: weights.map(({ conversations: count, redisBytesEach, heapBytesEach }) => ({
      label: `${count.toLocaleString("en")} conversations`,
      parts: [
        { name: "Redis", value: redisBytesEach },
        { name: "worker heap", value: heapBytesEach },
      ],
    })),
  };
}

function resultOf(weights: readonly Weight[], moved: Rehoming): CaseResult {
  const [first] = weights;
  return {
    name: "conversations",
    title: "Conversations: what an idle one costs",
    about: [
      "One worker, one message in each conversation, then quiet. Redis: `used_memory` with and without the conversations, the capped journal left out. Heap: after a full collection, with and without. The chat server is a port in the same process that keeps its own records outside the heap. Beyond 100,000 conversations each is polled as seldom as the chat server allows (39 s), else at the default pace.",
      `Rehoming: a worker with ${moved.conversations} conversations is killed (kill -9) while another is there and messages go on at 300 a second, half of them in 1,000 conversations that the other has already; the time is from the first conversation moved to the last, after the lease.`,
    ],
    tables: [
      {
        title: "An idle conversation",
        head: [
          "conversations",
          "Redis, bytes each",
          "heap, bytes each",
          "worker RSS, MiB",
          "opened a second",
          "polls a second",
          "CPU a poll, µs",
          "idle worker, of a core",
        ],
        rows: weights.map((weight) => [
          weight.conversations.toLocaleString("en"),
          weight.redisBytesEach.toFixed(0),
          weight.heapBytesEach.toFixed(0),
          weight.rssMiB.toFixed(0),
          weight.openedPerSecond.toFixed(0),
          weight.pollsPerSecond.toFixed(0),
          weight.pollUs.toFixed(1),
          `${(weight.idleShare * 100).toFixed(1)} %`,
        ]),
      },
      {
        title: "A dead worker's conversations",
        head: [
          "conversations",
          "kill to first moved",
          "first to last moved",
          "a second",
          "messages shown meanwhile",
          "kill to all reconciled and shown",
        ],
        rows: [
          [
            moved.conversations.toLocaleString("en"),
            `${(moved.untilFirstMs / 1000).toFixed(1)} s`,
            `${(moved.movingMs / 1000).toFixed(2)} s`,
            ((moved.conversations * 1000) / moved.movingMs).toFixed(0),
            String(moved.shownMeanwhile),
            `${(moved.untilRestMs / 1000).toFixed(1)} s`,
          ],
        ],
      },
    ],
    plots: [plotOf(weights)],
    targets: targetsOf(weights, moved),
    ratios: {
      "Redis bytes of 400": (first?.redisBytesEach ?? 0) / bounds.redisBytes,
      "heap bytes of 1 KiB": (first?.heapBytesEach ?? 0) / bounds.heapBytes,
    },
  };
}

export const conversations: Case = { name: "conversations", run };
