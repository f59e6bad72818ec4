import { z } from "zod";
import { flag, whole } from "../kinds.ts";
import { option } from "../option.ts";

/** Section `jobs`: work beside the messages' way, done by dispatchers. */
export const jobsSection = z.object({
  enabled: option(
    flag(),
    true,
    "Whether this process does jobs and takes them at `/admin/jobs`. Messages need none of them.",
  ),
  "dead-letters-days": option(
    whole(0, 3650),
    0,
    "How many days dead letters stay; 0 keeps them until somebody deletes them.",
  ),
  "no-session-days": option(
    whole(0, 3650),
    30,
    "The same for those with reason `no-session`: receipts that nobody need look at.",
  ),
  "tidy-every-minutes": option(whole(1, 10_080), 60, "Time between two looks for dead letters that are too old."),
});
