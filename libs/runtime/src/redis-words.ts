/** How the client library begins what it says by itself, and what that means. */
const words: readonly (readonly [begin: string, words: string])[] = [
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

/**
 * What a Redis client threw, in an operator's words where the client library says it by itself. Never a secret: Redis repeats
 * what it does not know, so an AUTH that was renamed comes back with the password.
 */
export function redisWords(message: string): string {
  const known = words.find(([begin]) => message.startsWith(begin));
  return known === undefined ? message.replace(/, with args beginning with:.*$/s, "") : known[1];
}
