import { expect, test } from "vitest";
import { lastWords } from "./last-words.ts";

const events = [
  { event: "http.listening", msg: "http: listening" },
  { event: "waiting", msg: "Redis does not answer" },
  { event: "silent" },
];

test("a process that is not ready is told by the message of its last event, and where the rest is", () => {
  const said = lastWords({ events, stderr: "(node:1) Warning", isRunning: true }, "/run/hub.log");
  expect(said).toBe("Redis does not answer (all of it: /run/hub.log)");
  expect(lastWords({ events: [], stderr: "", isRunning: true }, "/x")).toBe("it has said nothing (all of it: /x)");
});

test("a process that has ended is told by its faults", () => {
  const said = lastWords({ events, stderr: "redis.url: found x\n", isRunning: false }, "/run/hub.log");
  expect(said).toBe("redis.url: found x (all of it: /run/hub.log)");
});

test("where the log goes with the cluster, its end is told too", () => {
  const said = lastWords({ events, stderr: "", isRunning: true }, null);
  expect(said.split("\n").slice(0, 4)).toEqual([
    "Redis does not answer",
    ...events.map((each) => JSON.stringify(each)),
  ]);
});

test("of a process that its supervisor starts again and again, it is told why it could not start", () => {
  const fatal = { event: "process.start-failed", level: "fatal", msg: "cannot start: Redis would drop messages" };
  const again = { event: "supervisor.child-died", level: "error", msg: "supervisor: child died" };
  const said = lastWords({ events: [...events, fatal, again], stderr: "", isRunning: true }, "/x");
  expect(said).toBe("cannot start: Redis would drop messages (all of it: /x)");
});
