import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "@dms/testkit";

/** The first of these programs that can be run here. */
function found(...programs: string[]): string | undefined {
  return programs.find((program) => spawnSync(program, ["--version"]).status === 0);
}

export const promtool = found("promtool");
const prometheus = found("prometheus");
const alertmanager = found("prometheus-alertmanager", "alertmanager");

/** On a person's machine what is not installed is left out; where everything is checked it must be there. */
export const isMonitoringThere =
  (promtool !== undefined && prometheus !== undefined && alertmanager !== undefined) || process.env["CI"] !== undefined;

/** What promtool says, and whether it was content. */
export function runPromtool(...args: string[]): { isContent: boolean; said: string } {
  if (promtool === undefined) throw new Error("install prometheus: tools/install-servers.sh prometheus");
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: "utf8" });
  return { isContent: status === 0, said: `${stdout}${stderr}` };
}

export interface RunningServer {
  url: string;
  stop(): void;
}

const readyMsMax = 20_000;

async function startServer(program: string, port: number, args: string[]): Promise<RunningServer & { dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), "dms-watch-"));
  const child: ChildProcess = spawn(
    program,
    args.map((arg) => arg.replaceAll("$DIR", dir)),
    { stdio: "pipe" },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(async () => (await fetch(`${url}/-/ready`)).ok, {
      timeoutMs: readyMsMax,
      describe: () => `${program} is not ready\n${said.slice(-2000)}`,
    });
  } catch (caught) {
    stop();
    throw caught;
  }
  return { url, dir, stop };
}

/** Prometheus with our rules, scraping these addresses every second and telling this Alertmanager. */
export async function startPrometheus(options: {
  targets: Record<string, string[]>;
  rules: string[];
  alertmanager?: string;
}): Promise<RunningServer> {
  if (prometheus === undefined) throw new Error("install prometheus: tools/install-servers.sh prometheus");
  const { targets, rules, alertmanager: told } = options;
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "dms-prometheus-"));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: rules,
    scrape_configs: [
      {
        job_name: "dms",
        static_configs: Object.entries(targets).map(([app, addresses]) => ({ targets: addresses, labels: { app } })),
      },
    ],
    ...(told && { alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(told).host] }] }] } }),
  };
  // JSON is YAML.
  writeFileSync(join(dir, "prometheus.yml"), JSON.stringify(config));
  const server = await startServer(prometheus, port, [
    `--config.file=${join(dir, "prometheus.yml")}`,
    "--storage.tsdb.path=$DIR",
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  return {
    url: server.url,
    stop: () => {
      server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** An Alertmanager that sends every alert on at once. */
export async function startAlertmanager(webhook: string): Promise<RunningServer> {
  if (alertmanager === undefined)
    throw new Error("install prometheus-alertmanager: tools/install-servers.sh prometheus");
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "dms-alertmanager-"));
  const config = {
    route: { receiver: "test", group_wait: "0s", group_interval: "1s", repeat_interval: "1h" },
    receivers: [{ name: "test", webhook_configs: [{ url: webhook }] }],
  };
  writeFileSync(join(dir, "alertmanager.yml"), JSON.stringify(config));
  const server = await startServer(alertmanager, port, [
    `--config.file=${join(dir, "alertmanager.yml")}`,
    "--storage.path=$DIR",
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ]);
  return {
    url: server.url,
    stop: () => {
      server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One answer of Prometheus' query API: the labels and the value of each series. */
export async function query(url: string, expr: string): Promise<{ labels: Record<string, string>; value: number }[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const answer = (await response.json()) as {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (answer.status !== "success") throw new Error(`${expr}: ${answer.error}`);
  return (answer.data?.result ?? []).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** What Prometheus could not scrape the last time it tried, and why. */
export async function scrapeFailures(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/targets`);
  const { data } = (await response.json()) as {
    data: { activeTargets: { labels: Record<string, string>; lastError: string }[] };
  };
  return data.activeTargets
    .filter(({ lastError }) => lastError !== "")
    .map(({ labels, lastError }) => `${labels["app"]} ${labels["instance"]}: ${lastError}`);
}
