import { DmsError, messageOf, redisWords } from "@dms/runtime";

const notNow =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MOVED|ASK|BUSY|UNBLOCKED|MISCONF)\b|Script killed by user/;
/** Inside a script Redis 7.0 says it in words only. */
const refused = /^(NOAUTH|WRONGPASS|NOPERM)\b|user executing the script can't|ACL failure in script/;
/** What the client library says of a command that had no connection, or whose connection went. */
const unconnected = /^(Reached the max retries|Stream isn't writeable|Connection is closed|Command aborted due to)/;

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
    return new DmsError("DMS_REDIS_SCRIPT", `${doing} failed inside Redis: ${plainWords(message)}`, {
      details,
      cause: caught,
    });
  }
  return new DmsError("DMS_REDIS_UNAVAILABLE", `Redis did not answer ${doing}: ${plainWords(message)}`, {
    retryable: true,
    details,
    cause: caught,
  });
}

/** Whether a call failed for want of a connection: then what kept one from being made says more than the call does. */
export function isUnconnected(caught: unknown): boolean {
  return unconnected.test(messageOf(caught));
}

/** A fault in an operator's words, which are not the client library's; the cause keeps those. Never a secret. */
export function plainWords(message: string): string {
  const [, slot, to] = /^ASK (\d+) (\S+)/.exec(message) ?? [];
  return slot === undefined ? redisWords(message) : `slot ${slot} is on its way to ${to}, its partition waits`;
}
