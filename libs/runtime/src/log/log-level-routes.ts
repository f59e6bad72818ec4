import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { logLevels } from "../config/sections/log.ts";
import { logChangeSecondsMax } from "./log-control.ts";
import type { LogControl } from "./log-control.ts";

const changeSchema = z.strictObject({
  level: z.enum(logLevels),
  "for-seconds": z.number().int().min(1).max(logChangeSecondsMax).optional(),
});

/** `GET` and `PUT` of `log-level`: how loud the log is; `{"level": "debug", "for-seconds": 600}` changes it for a while. */
export function logLevelRoutes(admin: FastifyInstance, log: LogControl): void {
  admin.get("/log-level", async () => log.status());
  admin.put("/log-level", async (request, reply) => {
    const change = changeSchema.safeParse(request.body);
    if (!change.success) {
      const levels = logLevels.join(", ");
      return reply
        .code(400)
        .send({ error: `send {"level": one of ${levels}, "for-seconds": 1 to ${logChangeSecondsMax}}` });
    }
    return log.change(change.data.level, "an admin call", change.data["for-seconds"]);
  });
}
