import { z } from "zod";
import { shaped, whole } from "../kinds.ts";
import type { Kind } from "../option.ts";
import { option } from "../option.ts";

/** When a write counts as safe. */
export type Durability = "none" | "fsync" | { replicas: number };

/** Section `cluster`: partitions, durability and time; the same in every process of a cluster. */
export const clusterSection = z.object({
  name: option(
    shaped(/^[a-z0-9-]{1,32}$/, "1 to 32 small letters, digits or dashes"),
    "dms",
    "Name of the cluster; part of every Redis key.",
  ),
  partitions: option(whole(1, 1024), 8, "Fixed shares of the conversations; set once, when the cluster first starts."),
  durability: option(
    durability(),
    "none",
    "What a write must reach before a message is confirmed to the hub: nothing more, `n` replicas (WAIT), or the disk. `fsync` needs `appendonly yes` and `appendfsync always` on Redis, which is checked at start.",
  ),
  "durability-timeout-ms": option(
    whole(10, 60_000),
    1000,
    "How long to wait for that; then the batch is not confirmed.",
  ),
  "heartbeat-ms": option(whole(50, 20_000), 500, "Time between two beats of a member; at most a third of `lease-ms`."),
  "lease-ms": option(whole(300, 60_000), 3000, "How long a member may act after its last beat, by Redis's clock."),
  "leader-check-ms": option(
    whole(20, 20_000),
    250,
    "Time between two looks of a leader for members to evict and conversations to move; less than `lease-ms`.",
  ),
  "lease-margin-ms": option(whole(0, 10_000), 100, "Part of its lease that a member does not use, for clock drift."),
  "proved-grace-ms": option(
    whole(0, 10_000),
    400,
    "How long after a proved death the next owner waits, for effects that were already under way.",
  ),
  "drain-deadline-ms": option(
    whole(0, 3_600_000),
    25_000,
    "How long a stopping process hands its conversations off before it leaves; less than the platform's kill time.",
  ),
});

function durability(): Kind<Durability> {
  const replicas = z.object({ replicas: whole(1, 10).schema }).strict();
  const schema = z.preprocess(
    (value) => {
      const match = typeof value === "string" ? /^replicas:\s*(\d+)$/.exec(value) : null;
      return match ? { replicas: match[1] } : value;
    },
    z.union([z.enum(["none", "fsync"]), replicas]),
  );
  return { schema, allowed: "none, fsync or replicas: n (n from 1 to 10)" };
}
