import { DmsError, messageOf } from "@dms/runtime";

const notNow = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MOVED|ASK|BUSY|UNBLOCKED|MISCONF)\b/;
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
    return new DmsError("DMS_REDIS_SCRIPT", `${doing} failed inside Redis: ${message}`, { details, cause: caught });
  }
  return new DmsError("DMS_REDIS_UNAVAILABLE", `Redis did not answer ${doing}: ${plainWords(message)}`, {
    retryable: true,
    details,
    cause: caught,
  });
}

/** How the client library begins what it says by itself, and what that means. */
const libraryWords: readonly (readonly [begin: string, words: string])[] = [
  ["Reached the max retries per request", "the connection was lost, or could not be made, before an answer came"],
  ["Stream isn't writeable", "there is no connection"],
  ["Connection is closed", "the connection was lost"],
  ["Command aborted due to connection close", "the connection was lost"],
  ["Command timed out", "no answer in time"],
  ["Cluster isn't ready", "there is no connection to the cluster yet"],
  ["Cluster is ended", "the connection was lost"],
  ["None of startup nodes is available", "no node of the cluster can be reached"],
  ["Failed to refresh slots cache", "no node of the cluster says which node has which slot"],
  ["Too many Cluster redirections", "the nodes of the cluster do not agree which of them has the slot"],
  ["All sentinels are unreachable", "no sentinel can be reached"],
];

/** Whether a call failed for want of a connection: then what kept one from being made says more than the call does. */
export function isUnconnected(caught: unknown): boolean {
  return unconnected.test(messageOf(caught));
}

/** The client library's words for it are not an operator's; the cause keeps them. */
export function plainWords(message: string): string {
  const known = libraryWords.find(([begin]) => message.startsWith(begin));
  if (known) return known[1];
  const [, slot, to] = /^ASK (\d+) (\S+)/.exec(message) ?? [];
  if (slot !== undefined) return `slot ${slot} is on its way to ${to}, its partition waits`;
  return message;
}
