import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@dms/testkit";
import { RespClient } from "./resp-client.ts";
import type { Stage } from "./run.ts";
import { heldScripts, type LuaMutation } from "./script-texts.ts";

/** A stage that is closed when it is not needed any more. */
export interface OpenStage extends Stage {
  close(): Promise<void>;
}

/** Starts the one real Redis of a simulator and gives it the transitions' texts. */
export async function openStage(mutations: readonly LuaMutation[] = []): Promise<OpenStage> {
  const dir = mkdtempSync(join(tmpdir(), "dms-simulation-"));
  const socket = join(dir, "redis.sock");
  const server = await startRedis({ dir, args: ["--unixsocket", socket, "--databases", "2"] });
  const client = new RespClient(socket);
  const scripts = await heldScripts(mutations);
  const replies = await client.all(scripts.map(({ heldText }) => ["SCRIPT", "LOAD", heldText]));
  const failed = replies.find((reply) => reply instanceof Error);
  if (failed) throw failed as Error;
  return {
    client,
    scripts,
    async close() {
      client.close();
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
