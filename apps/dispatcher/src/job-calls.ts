import { letterJobSchema } from "@dms/protocol";
import type { JobCard, Jobs } from "@dms/rules";
import { type AdminAnswer, type AdminCalls, retryable } from "@dms/runtime";

/**
 * `/admin/jobs`: asks for jobs and shows them. A job for a channel that is not among `channels` is refused, where they are
 * given: it would be done and find nothing.
 */
export function serveJobs(admin: AdminCalls, jobs: Jobs, channels?: readonly string[]): void {
  admin.serve("POST", "jobs", ({ body }) => answering(() => add(jobs, body, channels)));
  admin.serve("GET", "jobs", () => answering(async () => ({ status: 200, body: (await jobs.recent()).map(shown) })));
  admin.serve("GET", "jobs/:", ({ rest }) =>
    answering(async () => {
      const card = await jobs.find(rest);
      return card === null
        ? { status: 404, body: { error: `there is no job ${rest}` } }
        : { status: 200, body: shown(card) };
    }),
  );
}

async function add(jobs: Jobs, body: unknown, channels?: readonly string[]): Promise<AdminAnswer> {
  const asked = letterJobSchema.safeParse(body);
  if (!asked.success) {
    const faults = asked.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
    return { status: 400, body: { error: faults.join("; ") } };
  }
  const { job, ...rest } = asked.data;
  const { channel } = rest;
  if (channel !== undefined && channels?.includes(channel) === false) {
    return { status: 400, body: { error: `channel: there is no ${channel}; there is ${channels.join(", ")}` } };
  }
  return { status: 202, body: { id: await jobs.add(job, rest) } };
}

/** Redis may be away, and the caller is told to come again. */
async function answering(answer: () => Promise<AdminAnswer>): Promise<AdminAnswer> {
  try {
    return await answer();
  } catch (caught) {
    const { code, message } = retryable(caught);
    return { status: 503, body: { error: message, code } };
  }
}

function shown({ addedAt, endedAt, ...card }: JobCard): Record<string, unknown> {
  const time = (ms: number): string => new Date(ms).toISOString();
  return { ...card, addedAt: time(addedAt), endedAt: endedAt === null ? null : time(endedAt) };
}
