import { stillClock } from "@dms/http-client/testing";
import { describe, expect, it } from "vitest";
import { type CallKind, type Place, ServerLine } from "./server-line.ts";

const never = new AbortController().signal;

function bench(connections: number) {
  const clock = stillClock();
  const line = new ServerLine({ clock, timeoutMs: 1000, connections });
  const now = (kind: CallKind): Place => {
    const place = line.enter(kind, never);
    if (place === null || place instanceof Promise) throw new Error("no place is free");
    return place;
  };
  /** Calls that take so long, side by side. */
  const calls = (count: number, ms: number): void => {
    const places = Array.from({ length: count }, () => now("other"));
    clock.advance(ms);
    for (const place of places) place.leave(true);
  };
  return { clock, line, now, calls };
}

describe("server line", () => {
  it("line: so many calls are under way as there are connections, and the next one takes the place of one that ends", async () => {
    const { line, now } = bench(2);
    const [first] = [now("other"), now("other")];
    const third = line.enter("other", never);
    const fourth = line.enter("other", never);
    expect(third).toBeInstanceOf(Promise);
    first.leave(true);
    (await third)?.leave(true);
    expect(await fourth).not.toBeNull();
  });

  it("line: posts leave a quarter of the places to all other calls", () => {
    const { line, now } = bench(8);
    for (let count = 0; count < 6; count += 1) now("post");
    expect(line.enter("post", never)).toBeInstanceOf(Promise);
    for (let count = 0; count < 2; count += 1) now("other");
    expect(line.enter("other", never)).toBeInstanceOf(Promise);
  });

  it("line: a waiting post is left a quarter of the places, however many others wait", async () => {
    const { line, now } = bench(8);
    const [first, second, third] = Array.from({ length: 8 }, () => now("other"));
    const others = Array.from({ length: 9 }, () => line.enter("other", never));
    const [post1, post2] = [line.enter("post", never), line.enter("post", never)];
    first?.leave(true);
    second?.leave(true);
    expect(await post1).not.toBeNull();
    expect(await post2).not.toBeNull();
    third?.leave(true);
    expect(await others[0]).not.toBeNull();
  });

  it("line: who waited for half of the time-out gives up, for the rest would not do for a connection", async () => {
    const { line, clock, now } = bench(1);
    const held = now("other");
    const waiting = line.enter("other", never);
    clock.advance(499);
    const next = line.enter("other", never);
    clock.advance(1);
    expect(await waiting).toBeNull();
    held.leave(true);
    expect(await next).not.toBeNull();
    expect(clock.timers()).toBe(0);
  });

  it("line: with one connection a post has its turn", () => {
    expect(bench(1).now("post")).not.toBeNull();
  });

  it("line: who gives up waiting takes nobody's place", async () => {
    const { line, now } = bench(1);
    const held = now("other");
    const giveUp = new AbortController();
    const waiting = line.enter("other", giveUp.signal);
    const next = line.enter("other", never);
    giveUp.abort();
    expect(await waiting).toBeNull();
    held.leave(true);
    expect(await next).not.toBeNull();
    expect(line.enter("other", giveUp.signal)).toBeNull();
  });

  it("line: slow calls halve the limit once per time-out, down to four, and quick ones bring it back", () => {
    const { line, calls } = bench(64);
    calls(20, 1000);
    expect(line.limit).toBe(32);
    for (let count = 0; count < 9; count += 1) calls(1, 1000);
    expect(line.limit).toBe(4);
    for (let count = 0; count < 10; count += 1) calls(1, 0);
    expect(line.limit).toBe(6);
    for (let count = 0; count < 3000; count += 1) calls(1, 0);
    expect(line.limit).toBe(64);
  });

  it("line: a server that needs almost the time-out for each call is given as many as ever: fewer would starve its sessions", () => {
    const { line, calls } = bench(64);
    for (let count = 0; count < 9; count += 1) calls(20, 999);
    expect(line.limit).toBe(64);
  });

  it("line: a limit that fell lets nobody in before so many have left", async () => {
    const { line, clock, now } = bench(16);
    const places = Array.from({ length: 16 }, () => now("other"));
    clock.advance(1000);
    const waiting = line.enter("other", never);
    for (const place of places.slice(0, 8)) place.leave(true);
    let isIn = false;
    void Promise.resolve(waiting).then(() => (isIn = true));
    await Promise.resolve();
    expect(isIn).toBe(false);
    places[8]?.leave(false);
    expect(await waiting).not.toBeNull();
  });

  it("line: a file says nothing of the server, however long it takes", () => {
    const { line, clock, now } = bench(8);
    const place = now("post");
    clock.advance(5000);
    place.leave(false);
    expect(line.limit).toBe(8);
  });
});
