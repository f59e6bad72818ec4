import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Faults, faultSchema } from "../faults.ts";
import { parsePart } from "../problem.ts";
import type { Tokens } from "../tokens.ts";

const faultsMax = 100;
const bodySchema = z.object({ faults: z.array(faultSchema).max(faultsMax) });

/** `PUT`, `GET` and `DELETE /admin/faults`, each answering the faults there are now and how often each has struck. */
export function faultsRoutes(app: FastifyInstance, faults: Faults): void {
  app.put("/faults", async (request) => {
    faults.replace(parsePart(bodySchema, request.body, "body").faults);
    return { faults: faults.list() };
  });
  app.get("/faults", async () => ({ faults: faults.list() }));
  app.delete("/faults", async () => {
    faults.replace([]);
    return { faults: [] };
  });
}

/** `POST /admin/tokens/revoke`: every client must get another token. */
export function revokeRoute(app: FastifyInstance, tokens: Tokens): void {
  app.post("/tokens/revoke", async () => ({ revoked: tokens.revoke() }));
}
