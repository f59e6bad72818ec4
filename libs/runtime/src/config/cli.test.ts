import { expect, test } from "vitest";
import { helpText, parseCommandLine } from "./cli.ts";

test("cli: all options together", () => {
  const args = "--config a.yaml --check-config --print-config --http-port 0 --name w-1 --supervise --help".split(" ");
  expect(parseCommandLine(args)).toEqual({
    ok: true,
    options: {
      configFile: "a.yaml",
      isCheckOnly: true,
      isPrintOnly: true,
      httpPort: 0,
      name: "w-1",
      isSupervised: true,
      isHelp: true,
    },
  });
});

test("cli: nothing given", () => {
  expect(parseCommandLine([])).toEqual({
    ok: true,
    options: { isCheckOnly: false, isPrintOnly: false, isSupervised: false, isHelp: false },
  });
});

test.each([
  [["--confg", "x"], "Unknown option '--confg'"],
  [["file.yaml"], "Unexpected argument 'file.yaml'"],
  [["--config"], "Option '--config <value>' argument missing"],
  [["--http-port", "65536"], "--http-port: found 65536, allowed: a whole number from 0 to 65535"],
  [["--http-port", "x"], "--http-port: found x"],
  [["--name", "a b"], '--name: found "a b", allowed: 1 to 63'],
  [["--config", "--name"], "Option '--config <value>' argument missing"],
  [["--supervise=no"], "Option '--supervise' takes no value"],
])("cli: %j is refused in one line", (args, message) => {
  const result = parseCommandLine(args);
  expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  expect(result).toMatchObject({ message: expect.stringMatching(/^[^\n]* \(--help lists the options\)$/) });
});

test("cli: all faults at once, each in its line", () => {
  const result = parseCommandLine(["--name", "a b", "--http-port", "x", "--confg", "y", "z", "--supervise"]);
  expect(result.ok ? [] : result.message.split("\n")).toEqual([
    "Unknown option '--confg'",
    "Unexpected argument 'z'",
    "--http-port: found x, allowed: a whole number from 0 to 65535",
    '--name: found "a b", allowed: 1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit (--help lists the options)',
  ]);
});

test("cli: the help names every option", () => {
  const help = helpText("worker");
  for (const option of ["config", "check-config", "print-config", "http-port", "name", "supervise", "help"]) {
    expect(help).toContain(`--${option} `);
  }
});
