import { type Durability, type RedisSettings, systemClock } from "@dms/runtime";
import { RedisWire } from "../redis-wire.ts";

/** What becomes of a start: "open", or the first line that its operator reads while it waits. Rejects with why it ends. */
export async function startOutcome(settings: RedisSettings, durability: Durability = "none"): Promise<string> {
  const told = Promise.withResolvers<string>();
  const onNotice = (notice: string): void => told.resolve(notice);
  const wire = new RedisWire({ settings, durability, durabilityTimeoutMs: 1000, clock: systemClock, onNotice });
  const opening = wire.open().then(() => "open");
  try {
    return await Promise.race([opening, told.promise]);
  } finally {
    wire.close();
    opening.catch(() => undefined);
  }
}
