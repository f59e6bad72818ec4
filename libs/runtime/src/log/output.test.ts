import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Output } from "./output.ts";

test("output: a pipe that nobody reads costs the lines that find it full, and the next line begins anew", () => {
  const folder = mkdtempSync(join(tmpdir(), "dms-output-"));
  const name = join(folder, "pipe");
  execFileSync("mkfifo", [name]);
  const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
  const read = (): string => {
    const bytes = Buffer.alloc(4 * 1024 * 1024);
    return bytes.toString("latin1", 0, readSync(reader, bytes));
  };
  try {
    const output = new Output(writer);
    output.write("before\n");
    output.write(`${"x".repeat(4 * 1024 * 1024)}\n`);
    output.write("lost\n");
    expect(read()).toMatch(/^before\nx+$/);
    output.write("after\n");
    output.write("and on\n");
    expect(read()).toBe("\nafter\nand on\n");
  } finally {
    closeSync(reader);
    closeSync(writer);
    rmSync(folder, { recursive: true });
  }
});
