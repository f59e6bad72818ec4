import type { FastifyInstance } from "fastify";
import type { Ledger } from "../ledger.ts";
import { Problem, parsePart } from "../problem.ts";
import { replayPlanSchema, trafficPlanSchema } from "../traffic/plan.ts";
import type { Traffic } from "../traffic/traffic.ts";

/** `POST`, `GET` and `DELETE /admin/traffic`, and `POST /admin/replay`. */
export function trafficRoutes(app: FastifyInstance, { ledger, traffic }: { ledger: Ledger; traffic: Traffic }): void {
  const requireChannel = (channel: string): void => {
    if (!ledger.hasChannel(channel)) throw new Problem(404, `There is no channel ${channel}.`);
  };
  app.post("/traffic", async (request, reply) => {
    const plan = parsePart(trafficPlanSchema, request.body, "body");
    requireChannel(plan.channel);
    if (traffic.isRunning(plan.channel, "traffic")) {
      throw new Problem(409, `Traffic runs on ${plan.channel} already: DELETE /admin/traffic first.`);
    }
    traffic.start(plan);
    return reply.code(202).send(traffic.status());
  });
  app.get("/traffic", async () => traffic.status());
  app.delete("/traffic", async () => {
    traffic.stop();
    return traffic.status();
  });
  app.post("/replay", async (request, reply) => {
    const plan = parsePart(replayPlanSchema, request.body, "body");
    requireChannel(plan.channel);
    traffic.replay(plan);
    return reply.code(202).send(traffic.status());
  });
}
