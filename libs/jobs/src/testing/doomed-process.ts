import type { RedisForm } from "@dms/testkit";
import { openJobsOn } from "./job-parts.ts";

// A process that takes a job, says so, and never ends it: the test kills it.

const [settings = "{}"] = process.argv.slice(2);
openJobsOn(
  { settings: JSON.parse(settings) as RedisForm["settings"] },
  {
    count: async (job) => {
      await job.save({ upTo: 2 });
      process.stdout.write("begun\n");
      return new Promise(() => undefined);
    },
  },
);
