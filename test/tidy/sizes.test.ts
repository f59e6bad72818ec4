import { expect, test } from "vitest";
import { repository } from "./repository.ts";
import { sizeFaults } from "./sizes.ts";

const faultsIn = (text: string) => sizeFaults([{ path: "libs/x/src/x.ts", text }]);
const lines = (count: number) => "  step();\n".repeat(count);

test("sizes: files, functions and parameter lists keep their limits", () => {
  expect(sizeFaults(repository)).toEqual([]);
});

test("sizes: a file of 401 lines is caught, one of 400 is not", () => {
  expect(faultsIn("step();\n".repeat(400))).toEqual([]);
  expect(faultsIn("step();\n".repeat(401))[0]).toContain("move a noun of its own");
});

test.for([
  (body: string) => `function long() {\n${body}}\n`,
  (body: string) => `const long = async () => {\n${body}};\n`,
  (body: string) => `class X {\n  constructor() {\n${body}}\n}\n`,
  (body: string) => `const x = { long() {\n${body}} };\n`,
])("sizes: a function of 71 lines is caught, one of 70 is not (%#)", (wrap) => {
  expect(faultsIn(wrap(lines(68)))).toEqual([]);
  expect(faultsIn(wrap(lines(69)))[0]).toMatch(/^libs\/x\/src\/x\.ts:\d: (long|constructor) has 71 lines/);
});

test("sizes: the callback of describe is no function, that of test is", () => {
  expect(faultsIn(`describe("x", () => {\n${lines(100)}});`)).toEqual([]);
  expect(faultsIn(`test("x", () => {\n${lines(100)}});`)).toHaveLength(1);
});

test.for([
  "function four(a, b, c, d) {}",
  "class X { constructor(a: A, b: B, c: C, d?: D) {} }",
  "interface Port { four(a: A, b: B, c: C, d: D): void }",
  "type Four = (a: A, b: B, c: C, ...rest: D[]) => void;",
])("sizes: four parameters are caught in %s", (text) => {
  expect(faultsIn(text)).toHaveLength(1);
  expect(faultsIn(text)[0]).toContain("pass one options object");
});

test("sizes: neither this nor the columns of a test's table are counted", () => {
  expect(faultsIn('test.each(table)("x", (a, b, c, d) => {});')).toEqual([]);
  expect(faultsIn("function three(this: X, a: A, b: B, c: C) {}")).toEqual([]);
});

test("sizes: a default export is caught", () => {
  expect(faultsIn("export default 1;")[0]).toContain("export it by its name");
});
