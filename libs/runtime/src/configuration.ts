import { formatFaults, helpText, loadConfig, parseCommandLine, parseConfig, printConfig } from "./config/index.ts";
import { explainFilters } from "./log/explain.ts";
import { outputFaults } from "./log/outputs.ts";
import type { CommandLine, Config, Environment, LoadResult, Need } from "./config/index.ts";

/** What command line and file come to: an app to run, a text to print, or faults. */
export type ConfigurationAnswer =
  | { kind: "run"; config: Config; warnings: readonly string[]; isSupervised: boolean }
  | { kind: "print"; text: string }
  | { kind: "faults"; text: string };

export interface ConfigurationRequest {
  /** The program's name, for the text of `--help`. */
  name: string;
  argv: readonly string[];
  env: Environment;
  needs: readonly Need[];
}

/** Reads the command line, then the file that it names. Never throws: whatever is wrong is a fault in words. */
export function readConfiguration(request: ConfigurationRequest): ConfigurationAnswer {
  const { name, argv } = request;
  const commandLine = parseCommandLine(argv);
  if (!commandLine.ok) return { kind: "faults", text: commandLine.message.replace(/^/gm, `${name}: `) };
  const { options } = commandLine;
  if (options.isHelp) return { kind: "print", text: helpText(name) };
  const loaded = load(options, request);
  if (loaded === undefined)
    return { kind: "faults", text: `${name}: --config FILE is missing (--help lists the options)` };
  if (!loaded.ok) return { kind: "faults", text: formatFaults(loaded.faults) };
  const config = overridden(loaded.config, options);
  if (options.isPrintOnly) return { kind: "print", text: printConfig(config) };
  if (options.checkedText !== undefined) return { kind: "print", text: explainFilters(config, options.checkedText) };
  if (options.isCheckOnly) return check(config, { request, warnings: loaded.warnings, file: options.configFile });
  return { kind: "run", config, warnings: loaded.warnings, isSupervised: options.isSupervised };
}

/** A process without needs runs on the defaults alone, as the mocks do. */
function load(options: CommandLine, { env, needs }: ConfigurationRequest): LoadResult | undefined {
  if (options.configFile !== undefined) return loadConfig(options.configFile, { env, needs });
  return needs.length > 0 ? undefined : parseConfig("{}", { env });
}

function overridden(config: Config, options: CommandLine): Config {
  const { httpPort, name } = options;
  return {
    ...config,
    http: httpPort === undefined ? config.http : { ...config.http, port: httpPort },
    settings: name === undefined ? config.settings : { ...config.settings, name },
  };
}

interface Checked {
  readonly request: ConfigurationRequest;
  readonly warnings: readonly string[];
  readonly file: string | undefined;
}

function check(config: Config, { request, warnings, file }: Checked): ConfigurationAnswer {
  const faults = outputFaults(config.log);
  if (faults.length > 0) return { kind: "faults", text: faults.map((fault) => `${request.name}: ${fault}`).join("\n") };
  const text = [...warnings.map((warning) => `warning: ${warning}`), `${file ?? "defaults"}: ok`].join("\n");
  return { kind: "print", text };
}
