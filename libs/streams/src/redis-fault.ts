import { DmsError, messageOf } from "@dms/runtime";

const notNow = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MOVED|ASK|BUSY|UNBLOCKED|MISCONF)\b/;
/** Inside a script Redis 7.0 says it in words only. */
const refused = /^(NOAUTH|WRONGPASS|NOPERM)\b|user executing the script can't|ACL failure in script/;

/**
 * Classifies what a Redis client threw, once. Retryable: `DMS_REDIS_UNAVAILABLE` (lost, busy, failing over: the command
 * may or may not have run), `DMS_REDIS_OUT_OF_MEMORY`, `DMS_REDIS_REFUSED` (user or rights; an operator mends it).
 * Not retryable: `DMS_REDIS_SCRIPT`, an error of ours.
 */
export function redisFault(caught: unknown, doing: string): DmsError {
  if (caught instanceof DmsError) return caught;
  const message = messageOf(caught);
  const details = { doing };
  const isOurs = caught instanceof Error && caught.name === "ReplyError";
  if (message.startsWith("OOM") || message.includes("OOM command not allowed")) {
    return new DmsError("DMS_REDIS_OUT_OF_MEMORY", `Redis is out of memory: raise maxmemory or drain the backlog`, {
      retryable: true,
      details,
      cause: caught,
    });
  }
  if (refused.test(message)) {
    return new DmsError("DMS_REDIS_REFUSED", `Redis refuses this user: check user, password and ACL (${message})`, {
      retryable: true,
      details,
      cause: caught,
    });
  }
  if (isOurs && !notNow.test(message)) {
    return new DmsError("DMS_REDIS_SCRIPT", `${doing} failed inside Redis: ${message}`, { details, cause: caught });
  }
  return new DmsError("DMS_REDIS_UNAVAILABLE", `Redis did not answer ${doing}: ${plain(message)}`, {
    retryable: true,
    details,
    cause: caught,
  });
}

/** The client library's words for it are not an operator's. */
function plain(message: string): string {
  if (message.startsWith("Stream isn't writeable")) return "there is no connection";
  if (message.startsWith("Connection is closed")) return "the connection was lost";
  if (message.startsWith("Command timed out")) return "no answer in time";
  const [, slot, to] = /^ASK (\d+) (\S+)/.exec(message) ?? [];
  if (slot !== undefined) return `slot ${slot} is on its way to ${to}, its partition waits`;
  return message;
}
