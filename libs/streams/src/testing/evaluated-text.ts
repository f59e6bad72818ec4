import type { RedisLook } from "@dms/testkit";
import type { Script } from "../script.ts";

/** Runs a transition as any client would, past the wire: no retry, no write barrier. */
export function evaluatedText<Request, Reply>(
  look: RedisLook,
  script: Script<Request, Reply>,
  { prefix, request }: { prefix: string; request: Request },
): Promise<unknown> {
  return look.call("eval", script.text, 1, prefix, ...script.encode(request));
}
