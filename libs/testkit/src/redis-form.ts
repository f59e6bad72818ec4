import type { RedisSettings } from "@dms/runtime";
import type { RedisLook } from "./redis-look.ts";

/** A Redis that a test has started, in whichever form: what its users and its lookers need to reach it. */
export interface RedisForm {
  readonly settings: RedisSettings;
  /** The same as section `redis` of a configuration says it. */
  readonly section: Readonly<Record<string, unknown>>;
  /** A connection for looking inside that finds the primary by itself; `close` ends it. */
  look(): RedisLook;
  /** Ends it for good and removes what it left. */
  close(): Promise<void>;
}
