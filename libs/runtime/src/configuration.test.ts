import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readConfiguration } from "./configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "configuration-"));
afterAll(() => rmSync(folder, { recursive: true }));

const whole = `
settings: { name: w-1 }
channel-whatsapp:
  hub: { url: "http://127.0.0.1:4010", client-id: dms, client-secret: "\${HUB_SECRET}" }
chat: { servers: ["http://127.0.0.1:4020/genesys"] }
http: { port: 4100 }
`;

function written(text: string): string {
  const file = join(folder, "config.yaml");
  writeFileSync(file, text);
  return file;
}

function answer(...argv: string[]) {
  return readConfiguration({ name: "worker", argv, env: { HUB_SECRET: "planted" }, needs: ["channels", "chat"] });
}

test("configuration: a good file runs, and the command line overrides port and name", () => {
  const file = written(whole);
  expect(answer("--config", file)).toMatchObject({
    kind: "run",
    isSupervised: false,
    config: { http: { port: 4100 }, settings: { name: "w-1" } },
  });
  expect(answer("--config", file, "--http-port", "0", "--name", "w-2", "--supervise")).toMatchObject({
    kind: "run",
    isSupervised: true,
    config: { http: { port: 0 }, settings: { name: "w-2" } },
  });
});

test("configuration: --check-config says ok, or every fault", () => {
  expect(answer("--config", written(whole), "--check-config")).toEqual({
    kind: "print",
    text: `${join(folder, "config.yaml")}: ok`,
  });
  const faulty = answer("--config", written(`${whole}cluster: { lease-ms: 1, partitions: none }\n`), "--check-config");
  if (faulty.kind !== "faults") throw new Error(`answered ${faulty.kind}`);
  expect(faulty.text).toContain("cluster.lease-ms: found 1");
  expect(faulty.text).toContain("cluster.partitions: found none");
});

test("configuration: --check-config tells of a log file that cannot be written, and makes none", () => {
  const folderOf = (log: string) => written(`${whole}log: { all: ${log} }\n`);
  expect(answer("--config", folderOf("'/nowhere/x.log, stdout'"), "--check-config")).toEqual({
    kind: "faults",
    text: "worker: cannot write the log to /nowhere/x.log (ENOENT): name a file in a folder that the process may write, or stdout",
  });
  const within = folderOf(join(folder, "config.yaml", "x.log"));
  expect(answer("--config", within, "--check-config")).toMatchObject({ text: expect.stringContaining("ENOTDIR") });
  const log = join(folder, "x.log");
  expect(answer("--config", folderOf(log), "--check-config")).toMatchObject({ kind: "print" });
  expect(existsSync(log)).toBe(false);
});

test("configuration: --print-config prints the whole in effect without secrets", () => {
  const printed = answer("--config", written(whole), "--print-config", "--http-port", "4242");
  expect(printed).toMatchObject({ kind: "print", text: expect.stringContaining("port: 4242") as string });
  expect(JSON.stringify(printed)).not.toContain("planted");
});

test("configuration: help, an unknown option and a missing --config are each told in words", () => {
  expect(answer("--help")).toMatchObject({ kind: "print", text: expect.stringContaining("--check-config") as string });
  expect(answer("--conifg", "x")).toMatchObject({
    kind: "faults",
    text: expect.stringContaining("--conifg") as string,
  });
  expect(answer()).toMatchObject({
    kind: "faults",
    text: expect.stringContaining("--config FILE is missing") as string,
  });
});

test("configuration: a process without needs runs on the defaults alone", () => {
  expect(readConfiguration({ name: "hub-mock", argv: [], env: {}, needs: [] })).toMatchObject({ kind: "run" });
});

test("configuration: --check-filter shows what a text and a line's pairs become, filter by filter", () => {
  const spec = join(folder, "filters.json");
  const filters = [
    { name: "digits", kind: "edit", steps: [{ search: "\\d{4}", replace: "#" }] },
    { name: "plans", kind: "skip", search: "secret plan" },
  ];
  writeFileSync(spec, JSON.stringify({ filters }));
  const file = written(`${whole}log-filter: { logging-filter-spec: filters.json }\nlog-filter-data: { card: hide }\n`);
  expect(answer("--config", file, "--check-filter", "pin 1234")).toEqual({
    kind: "print",
    text: "given:               pin 1234\ndigits:              pin #\nwritten:             pin #",
  });
  expect(answer("--config", file, "--check-filter", "the secret plan")).toMatchObject({
    text: expect.stringContaining("written:             (the line is not written)") as string,
  });
  expect(answer("--config", file, "--check-filter", '{"UserData":{"card":"4111","pin":"1234"}}')).toMatchObject({
    text: expect.stringContaining('written:             {"UserData":{"card":"********","pin":"#"}}') as string,
  });
});

test("configuration: a filter file at fault is a fault with its place, and starts nothing", () => {
  writeFileSync(join(folder, "filters.json"), '{"filters":[{"name":"a","kind":"hide","search":"(?=a)"}]}');
  const faulty = answer("--config", written(`${whole}log-filter: { logging-filter-spec: filters.json }\n`));
  expect(faulty).toMatchObject({
    kind: "faults",
    text: expect.stringMatching(/filters\.json filters\.0\.search: found .*\(\?=/) as string,
  });
  const missing = answer("--config", written(`${whole}log-filter: { logging-filter-spec: none.json }\n`));
  expect(missing).toMatchObject({ kind: "faults", text: expect.stringContaining("none.json") as string });
});
