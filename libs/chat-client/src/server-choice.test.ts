import { describe, expect, it } from "vitest";
import { ServerChoice } from "./server-choice.ts";
import { stillClock } from "@dms/http-client/testing";

function choice(servers = ["a", "b/", "c"], fraction = 0) {
  const clock = stillClock();
  return { clock, choice: new ServerChoice({ servers, clock, random: { token: () => "", fraction: () => fraction } }) };
}

describe("server choice", () => {
  it("server choice: each process begins at a server of its own", () => {
    expect(choice(["a", "b", "c"], 0.5).choice.forCreation(() => true)).toEqual(["b", "c", "a"]);
    expect(choice(["a", "b", "c"], 0.99).choice.forCreation(() => true)).toEqual(["c", "a", "b"]);
  });

  it("server choice: suspect servers come last for five seconds or until they answer", () => {
    const { choice: servers, clock } = choice();
    servers.note("a", "unreachable");
    expect(servers.forCreation(() => true)).toEqual(["b", "c", "a"]);
    expect(servers.forSession("a", true)[2]).toBe("a");
    clock.advance(5000);
    expect(servers.forSession("a", true)[0]).toBe("a");
    servers.note("c", "unreachable");
    servers.note("c", "answered");
    expect(servers.forSession("c", true)[0]).toBe("c");
  });

  it("server choice: a call that may not be repeated never leaves its server on suspicion", () => {
    const { choice: servers } = choice();
    servers.note("a", "unreachable");
    expect(servers.forSession("a/", false)[0]).toBe("a");
  });

  it("server choice: all servers stay in the list, once each, whatever is known about them", () => {
    const { choice: servers } = choice(["a", "a/", "b"]);
    servers.note("a", "unreachable");
    servers.note("b", "unreachable");
    expect(servers.forCreation(() => true).toSorted()).toEqual(["a", "b"]);
    expect(servers.forSession("gone", true).toSorted()).toEqual(["a", "b"]);
    expect(choice([]).choice.forCreation(() => true)).toEqual([]);
  });
});
