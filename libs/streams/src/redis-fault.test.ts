import { expect, test } from "vitest";
import { redisFault } from "./redis-fault.ts";

/** What ioredis says by itself, as its source has it. */
const ofTheLibrary = [
  [
    'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
    "the connection was lost, or could not be made, before an answer came",
  ],
  ["Stream isn't writeable and enableOfflineQueue options is false", "there is no connection"],
  ["Connection is closed.", "the connection was lost"],
  ["Command aborted due to connection close", "the connection was lost"],
  ["Command timed out", "no answer in time"],
  ["Cluster isn't ready and enableOfflineQueue options is false", "there is no connection to the cluster yet"],
  ["Cluster is ended.", "the connection was lost"],
  ["None of startup nodes is available", "no node of the cluster can be reached"],
  ["Failed to refresh slots cache.", "no node of the cluster says which node has which slot"],
  [
    "Too many Cluster redirections. Last error: ReplyError: MOVED 1 127.0.0.1:1",
    "the nodes of the cluster do not agree which of them has the slot",
  ],
  ["All sentinels are unreachable. Retrying from scratch after 10ms.", "no sentinel can be reached"],
  ["connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED 127.0.0.1:6379"],
];

test.each(ofTheLibrary)("redis fault: %s is said in our words", (message, words) => {
  const fault = redisFault(new Error(message), "accept");
  expect(fault).toMatchObject({ code: "DMS_REDIS_UNAVAILABLE", retryable: true, cause: { message } });
  expect(fault.message).toBe(`Redis did not answer accept: ${words}`);
  expect(fault.message).not.toMatch(/option|enableOffline|maxRetries|Retrying/);
});

test("redis fault: a slot that moves is told as such, and never a secret", () => {
  expect(redisFault(new Error("ASK 7 127.0.0.1:7001"), "accept").message).toContain(
    "slot 7 is on its way to 127.0.0.1",
  );
  const unknown = new Error("ERR unknown command 'AUTH', with args beginning with: 'dms' 'hunter2' ");
  expect(redisFault(unknown, "accept").message).not.toContain("hunter2");
});
