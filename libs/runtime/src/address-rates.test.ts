import { expect, test } from "vitest";
import { AddressRates } from "./address-rates.ts";
import { handClock } from "./testing/hand-clock.ts";

test("address rates: a burst at once, then so many a second, each address by itself", () => {
  const clock = handClock();
  const rates = new AddressRates(clock, { perSecond: 2, burst: 3 });
  const come = (address: string) => rates.admit(address);
  expect([come("a"), come("a"), come("a"), come("a"), come("b")]).toEqual([true, true, true, false, true]);
  clock.advance(500);
  expect([come("a"), come("a")]).toEqual([true, false]);
  clock.advance(60_000);
  expect([come("a"), come("a"), come("a"), come("a")]).toEqual([true, true, true, false]);
});

test("address rates: however many addresses come, those that are remembered are few", () => {
  const rates = new AddressRates(handClock(), { perSecond: 1, burst: 1 });
  expect(rates.admit("first")).toBe(true);
  for (let i = 0; i < 1023; i++) rates.admit(`a${i}`);
  expect(rates.admit("first")).toBe(false);
  rates.admit("one more");
  expect(rates.admit("first")).toBe(true);
});
