import type { EventViews, Metrics } from "@dms/runtime";

/** What is seen of sessions and of what a transcript says that nobody expected. */
export function sessionViews(metrics: Metrics): EventViews {
  const sessions = metrics.counter({
    name: "dms_session_events_total",
    help: "Chat sessions that were opened or found ended",
    labels: ["event"],
  });
  const suppressed = metrics.counter({
    name: "dms_duplicates_suppressed_total",
    help: "Posts found in a transcript and not made again",
  });
  const duplicates = metrics.counter({
    name: "dms_duplicates_shown_total",
    help: "Messages that were, or may have been, shown twice",
    labels: ["reason"],
  });
  const refused = metrics.counter({
    name: "dms_transitions_refused_total",
    help: "Transitions answered stale or gone: the conversation is another member's now",
    labels: ["transition", "status"],
  });
  const [opened, ended] = ["opened", "ended"].map((event) => sessions.of({ event }));
  for (const series of [opened, ended]) series?.add(0);
  for (const reason of ["executed-late", "transcript-unreadable"]) duplicates.of({ reason }).add(0);
  return {
    "session-opened": { level: "info", count: () => opened?.add() },
    "session-ended": { level: "info", count: () => ended?.add() },
    "transcript-renumbered": { level: "info" },
    "duplicate-suppressed": { level: "info", count: ({ posts }) => suppressed.add(posts) },
    "duplicate-possible": { level: "error", count: ({ reason }) => duplicates.of({ reason }).add() },
    "conversation-refused": {
      level: "info",
      count: ({ transition, status }) => refused.of({ transition, status }).add(),
    },
  };
}

/** What is seen of agents' messages on their way to the hub. */
export function replyViews(metrics: Metrics): EventViews {
  const replies = metrics.counter({
    name: "dms_replies_total",
    help: "Agents' messages: sent, replayed (the hub had it), refused for good, in conflict",
    labels: ["outcome"],
  });
  const delivery = metrics.histogram({
    name: "dms_reply_delivery_seconds",
    help: "From the time that the owner saw an agent's message to the hub's acceptance",
  });
  const retries = metrics.counter({
    name: "dms_retries_total",
    help: "Calls that failed and are made again, by what they were for and how they failed",
    labels: ["purpose", "code"],
  });
  const dead = metrics.counter({
    name: "dms_dead_letters_total",
    help: "Messages and replies that this process buried, by reason",
    labels: ["reason"],
  });
  const [sent, replayed, refused, conflict] = ["sent", "replayed", "refused", "conflict"].map((outcome) =>
    replies.of({ outcome }),
  );
  for (const series of [sent, replayed, refused, conflict]) series?.add(0);
  return {
    "reply-sent": {
      level: "info",
      count: ({ isReplayed, deliveryMs }) => {
        (isReplayed ? replayed : sent)?.add();
        delivery.observe(deliveryMs / 1000);
      },
    },
    "reply-failed": {
      level: "warn",
      kind: ({ code }) => `reply-failed ${code}`,
      count: ({ code }) => retries.of({ purpose: "reply", code }).add(),
    },
    "reply-refused": {
      level: "error",
      count: () => {
        refused?.add();
        dead.of({ reason: "reply-rejected" }).add();
      },
    },
    "reply-conflict": { level: "error", count: () => conflict?.add() },
  };
}

const failoverBuckets = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 20, 60];

/** What is seen of conversations that change their owner. */
export function moveViews(metrics: Metrics): EventViews {
  const moved = metrics.counter({
    name: "dms_conversations_moved_total",
    help: "Conversations that were given to another owner, counted by who gave them",
    labels: ["cause"],
  });
  const reassigned = metrics.histogram({
    name: "dms_failover_reassign_seconds",
    help: "From the end of a dead owner's lease to the conversation's new owner",
    labels: ["cause"],
    buckets: failoverBuckets,
  });
  const resumed = metrics.histogram({
    name: "dms_failover_first_effect_seconds",
    help: "From the end of the former owner's right to the first answered call of the new one",
    labels: ["cause"],
    buckets: failoverBuckets,
  });
  for (const cause of ["drain", "rebalance"]) moved.of({ cause }).add(0);
  return {
    "conversation-moved": { level: "info", count: ({ cause }) => moved.of({ cause }).add() },
    "conversation-taken-over": {
      level: "info",
      count: ({ cause, reassignMs }) => {
        if (reassignMs !== null) reassigned.of({ cause }).observe(reassignMs / 1000);
      },
    },
    "conversation-resumed": {
      count: ({ cause, firstEffectMs }) => resumed.of({ cause }).observe(firstEffectMs / 1000),
    },
    "drain-started": { level: "info" },
    "drain-ended": { level: "info" },
    ordered: { level: "info" },
    "inbox-read": { level: null },
  };
}
