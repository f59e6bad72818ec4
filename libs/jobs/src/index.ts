export { openJobs } from "./job-service.ts";
export type { JobService } from "./job-service.ts";
export type { JobsOptions } from "./job-options.ts";
