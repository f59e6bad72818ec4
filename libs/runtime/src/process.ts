import type { CallTrace, Clock, Emit, MessageScope, Random } from "@dms/rules";
import { AdminCalls } from "./admin-calls.ts";
import { buildVersion } from "./build-version.ts";
import { Certificates } from "./certificates.ts";
import { systemClock } from "./clock.ts";
import type { Config, Need } from "./config/index.ts";
import { readConfiguration } from "./configuration.ts";
import type { ConfigurationAnswer, ConfigurationRequest } from "./configuration.ts";
import { DmsError, messageOf } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { systemHost } from "./host.ts";
import type { ProcessHost } from "./host.ts";
import { createHttpServer } from "./http-server.ts";
import type { HttpServer } from "./http-server.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { Running } from "./lifecycle.ts";
import { createLiveness } from "./liveness.ts";
import { LevelGate } from "./log/level-gate.ts";
import { LogControl } from "./log/log-control.ts";
import { openOutputs } from "./log/outputs.ts";
import { scrubRules } from "./log/scrub-rules.ts";
import { traceCalls, traceFor } from "./log/traced-calls.ts";
import { codeOf, createLogger } from "./logger.ts";
import type { Logger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { portTlsOf } from "./port-tls.ts";
import type { PortTls } from "./port-tls.ts";
import { systemRandom } from "./random.ts";
import { spawnChild } from "./child-process.ts";
import { observeLog } from "./telemetry/log-metrics.ts";
import { openTracing } from "./tracing/tracing.ts";
import { supervise } from "./supervisor.ts";
import type { Death } from "./supervisor.ts";

/** Who a process is, as its members' cards say it. */
export interface Identity {
  name: string;
  /** Host and port of its own HTTP server. */
  address: string;
  version: string;
  /** What proves, at a join, that the former process is gone: the supervisor's id, else `settings.instance`, else empty. */
  instance: string;
}

/** What an entry point works with; all of it is made once, here. */
export interface ProcessContext {
  config: Config;
  logger: Logger;
  metrics: Metrics;
  /** Opens the files that `tls` sections name, and reads them again while the process runs. */
  certificates: Certificates;
  /** What `http.tls` says, for an app that serves its port itself. */
  portTls: PortTls | undefined;
  /** What the app answers below `/admin`. */
  admin: AdminCalls;
  clock: Clock;
  random: Random;
  /** The process's name in registry and log: `--name`, `settings.name`, the host's name, else a generated one. */
  name: string;
  /** Who this process is in the registry. */
  identity: Identity;
  /** Aborts when the process is told to stop before `start` has resolved. */
  signal: AbortSignal;
  /** Tells what the process waits for: a line in the log, and until `start` has resolved a reason of `/readyz`. */
  waiting: (notice: string) => void;
  /**
   * What a member of this process emits to: it hands every event on to `emit`, and to the traces, and tells the supervisor,
   * if there is one, which member this is, which is then reported when the process dies.
   */
  observed: (emit: Emit) => Emit;
  /** Does work for a message, whose trace then has the calls that it makes; absent where nothing is traced. */
  within?: MessageScope;
  /** Takes calls to hub and chat servers: for the log, and for traces. */
  callTrace: CallTrace;
}

export interface ProcessOptions {
  /** What the process is, as in `worker`. */
  name: string;
  /** The arguments after the script. */
  argv: readonly string[];
  /** Parts of the configuration that this process cannot do without. */
  needs?: readonly Need[];
  /** Builds the app and starts it. A rejection is one clear line and exit code 1. */
  start(context: ProcessContext): Promise<Running>;
  /** Gets ready to report, once there is a member that could die; called in the supervisor. Must not reject. */
  prepareReport?(context: SupervisorContext): Promise<void>;
  /** Writes a proved death to the registry; called in the supervisor. Bounded by the chassis; may reject. */
  reportDeath?(death: Death, context: SupervisorContext): Promise<void>;
  /** The app serves `http.host` and `http.port` itself, as the mocks do. */
  hasOwnHttp?: boolean;
  /** For tests. */
  parts?: Partial<ProcessParts>;
}

/** What `reportDeath` works with. */
export type SupervisorContext = Pick<ProcessContext, "config" | "logger" | "clock" | "random">;

/** What a test may replace. */
export interface ProcessParts {
  host: ProcessHost;
  clock: Clock;
  random: Random;
  read: (request: ConfigurationRequest) => ConfigurationAnswer;
  log: { write(line: string): void };
}

/**
 * The whole chassis of an entry point: command line, configuration, log, probes, signals, exit code (`exit-codes.ts`).
 * Resolves when the app runs or the process has been told to exit; it ends the process itself and never throws.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const host = options.parts?.host ?? systemHost;
  try {
    const { name, argv, needs = [] } = options;
    const answer = (options.parts?.read ?? readConfiguration)({ name, argv, needs, env: host.env });
    if (answer.kind === "faults") return refuse(host, answer.text);
    if (answer.kind === "print") return print(host, answer.text);
    await (answer.isSupervised ? runSupervisor : runApp)({ options, host, answer });
  } catch (caught) {
    if (codeOf(caught) === "DMS_LOG_OUTPUT_FAILED") return refuse(host, `${options.name}: ${messageOf(caught)}`);
    host.err(`${options.name}: ${caught instanceof Error ? caught.stack : messageOf(caught)}\n`);
    host.exit(exitCodes.broken);
  }
}

interface Launch {
  options: ProcessOptions;
  host: ProcessHost;
  answer: Extract<ConfigurationAnswer, { kind: "run" }>;
}

function refuse(host: ProcessHost, text: string): void {
  host.err(`${text}\n`);
  host.exit(exitCodes.misconfigured);
}

function print(host: ProcessHost, text: string): void {
  host.out(text.endsWith("\n") ? text : `${text}\n`);
  host.exit(exitCodes.done);
}

async function runApp(launch: Launch): Promise<void> {
  const { options, host, answer } = launch;
  const { config } = answer;
  const { base, log, outputs } = baseOf(launch);
  host.onLouder(() => log.step("SIGUSR2"));
  const metrics = createMetrics();
  observeLog(metrics, outputs.lost);
  const tracing = openTracing(config.tracing, { ...base, app: options.name, metrics });
  const liveness = createLiveness(base.clock);
  const certificates = new Certificates(base);
  const admin = new AdminCalls();
  let server: HttpServer | undefined;
  const lifecycle = new Lifecycle({
    name: options.name,
    clock: base.clock,
    host,
    logger: base.logger,
    drainDeadlineMs: config.cluster.drainDeadlineMs,
    stopDeadlineMs: stopDeadlineOf(config),
    isLogSilent: config.log.level === "silent",
    stopChassis: async () => {
      liveness.stop();
      certificates.stop();
      log.stop();
      await tracing?.close();
      await server?.stop();
    },
  });
  await lifecycle.run(async (signal) => {
    for (const warning of [...answer.warnings, ...modeWarnings(options.name, config)])
      base.logger.warn({ event: "config.warning" }, warning);
    const portTls = portTlsOf(config.http, certificates);
    if (options.hasOwnHttp !== true) {
      server = createHttpServer({
        liveness,
        readiness: () => lifecycle.readiness(),
        metrics,
        logger: base.logger,
        clock: base.clock,
        log,
        admin,
        requestsPerSecond: config.http.requestsPerSecond,
        adminToken: config.http.adminToken,
        tls: portTls,
      });
      await server.listen(config.http.host, config.http.port);
    }
    const observed =
      (emit: Emit): Emit =>
      (event) => {
        if (event.type === "member-joined") host.send({ type: "member", member: event.member });
        tracing?.take(event);
        emit(event);
      };
    return options.start({
      ...base,
      metrics,
      certificates,
      portTls,
      admin,
      signal,
      waiting: (notice) => lifecycle.waiting(notice),
      identity: identityOf(base, host),
      observed,
      callTrace: traceFor(traceCalls(base.logger), ...(tracing === null ? [] : [tracing.calls])),
      ...(tracing === null ? {} : { within: tracing.within }),
    });
  });
}

async function runSupervisor(launch: Launch): Promise<void> {
  const { options, host } = launch;
  const { base } = baseOf(launch);
  const { instance } = base.config.settings;
  const code = await supervise({
    ...base,
    host,
    ...(instance === undefined ? {} : { instance }),
    spawn: (instance) => spawnChild(childArguments(options.argv), { ...host.env, DMS_INSTANCE: instance }),
    prepareReport: async () => options.prepareReport?.(base),
    reportDeath: async (death) => options.reportDeath?.(death, base),
  });
  host.exit(code);
}

function baseOf({ options, host, answer }: Launch) {
  const { config } = answer;
  const { clock = systemClock, random = systemRandom, log } = options.parts ?? {};
  const name = config.settings.name ?? nameFrom(host.hostName()) ?? `${options.name}-${random.token(6)}`;
  const gate = new LevelGate(config.log.level);
  const outputs = log === undefined ? openOutputs(config.log, clock, tellLost) : { destination: log, lost: () => [] };
  const root = createLogger({
    level: gate,
    name,
    timeFormat: config.log.timeFormat,
    rules: scrubRules(config),
    destination: outputs.destination,
  });
  const logger = root.child({ app: options.name });
  function tellLost(output: string, lines: number): void {
    logger.warn({ event: "log.lines-lost", output, lines }, `log: ${output} did not take ${lines} lines`);
  }
  return { base: { config, logger, clock, random, name }, log: new LogControl(gate, logger, clock), outputs };
}

/**
 * How long a stop may take after the drain, in ms; a platform must leave as much. A post of which nobody knows what it came
 * to may hold its conversation for as long as it may still be executed.
 */
export function stopDeadlineOf({ chat }: Config): number {
  return Math.max(5000, chat.timeoutMs + chat.answerTimeoutMs + 1000);
}

function identityOf({ config, name }: Pick<ProcessContext, "config" | "name">, { env }: ProcessHost): Identity {
  const { host, port } = config.http;
  const instance = env["DMS_INSTANCE"] ?? config.settings.instance ?? "";
  return { name, address: `${host}:${port}`, version: buildVersion, instance };
}

/** One file serves many processes, so its mode may be another program's; that is worth a word, not a refusal. */
function modeWarnings(program: string, { settings }: Config): string[] {
  const { serverMode } = settings;
  if (serverMode === undefined || serverMode === program || program.endsWith("-mock")) return [];
  return [`settings.server-mode is ${serverMode}, but this program is the ${program}: it runs as ${program}`];
}

/** A host's name serves as it is, unless it breaks the rule for names in the registry. */
function nameFrom(hostName: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(hostName) ? hostName : undefined;
}

/** What the supervised child runs: the same script with the same arguments, without the wish to be supervised. */
function childArguments(argv: readonly string[]): string[] {
  const script = process.argv[1];
  if (script === undefined) throw new DmsError("DMS_SUPERVISOR_NO_SCRIPT", "--supervise needs a script to start again");
  return [script, ...argv.filter((argument) => argument !== "--supervise")];
}
