import { expect, test } from "vitest";
import { repository } from "./repository.ts";
import { transitionFaults } from "./transitions.ts";

const header = `-- Purpose: renews a lease.
-- KEYS: 1 registry prefix
-- ARGV: 1 member, 2 lease in ms,
--       3 state
-- Status: renewed <order>: it runs again
--         evicted: it has ended
`;
const body = `if not redis.call('GET', ARGV[1] .. ARGV[3]) then return { 'evicted' } end\nreturn { 'renewed', '' }\n`;
const twin = `if (status === "renewed" || status === "evicted") return { status };`;

function faultsIn(lua: string, ts: string | undefined = twin): string[] {
  const path = "libs/streams/src/transitions/beat";
  return transitionFaults([
    { path: `${path}.lua`, text: lua },
    ...(ts === "" ? [] : [{ path: `${path}.ts`, text: ts }]),
  ]);
}

test("transitions: every Lua file says what it does, and its twin knows every answer", () => {
  expect(transitionFaults(repository)).toEqual([]);
});

test("transitions: a whole header with its twin has no fault", () => {
  expect(faultsIn(header + body)).toEqual([]);
});

test.for([
  ["no header", body, "no purpose"],
  ["no purpose", (header + body).replace("-- Purpose: ", "-- "), "no purpose"],
  ["no keys", (header + body).replace("-- KEYS: ", "-- "), "no keys"],
  ["no arguments", (header + body).replace("-- ARGV: ", "-- "), "no arguments"],
  ["no statuses", `${header.split("-- Status")[0]}${body}`, "no status"],
  ["an argument without a name", `${header}local x = ARGV[4]\n${body}`, "ARGV[4] is not in the header"],
  ["a status without a meaning", `${header}if x then return {"late"} end\n${body}`, "answers late"],
  ["a judgement without a meaning", `${header}local x = standing(id)\n${body}`, "answers gone"],
  ["an include", `${header}require('x')\n${body}`, "the prelude is all"],
  ["81 lines", header + "local x = 1\n".repeat(73) + body, "81 lines"],
] as const)("transitions: a fault is caught: %s", ([_title, lua, fault]) => {
  expect(faultsIn(lua).join("\n")).toContain(fault);
});

test("transitions: 80 lines pass", () => {
  expect(faultsIn(header + "local x = 1\n".repeat(72) + body)).toEqual([]);
});

test("transitions: a missing twin, and one that does not know a status, are caught", () => {
  expect(faultsIn(header + body, "")).toEqual([expect.stringContaining("no twin")]);
  expect(faultsIn(header + body, 'status === "renewed"')).toEqual([
    expect.stringContaining("does not know the status evicted"),
  ]);
});

test("transitions: the prelude needs a purpose and nothing else", () => {
  const prelude = (text: string) => transitionFaults([{ path: "libs/streams/src/transitions/prelude.lua", text }]);
  expect(prelude("-- Purpose: what all share.\nlocal x = 1\n")).toEqual([]);
  expect(prelude("local x = 1\n")).toHaveLength(1);
});
