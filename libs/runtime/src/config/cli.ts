import { parseArgs } from "node:util";

/** What every entry point understands on its command line. */
export interface CommandLine {
  readonly configFile?: string;
  readonly isCheckOnly: boolean;
  readonly isPrintOnly: boolean;
  /** A text, or a log line as JSON, to be shown as the log's filters leave it. */
  readonly checkedText?: string;
  /** Overrides `http.port`. */
  readonly httpPort?: number;
  /** Overrides `settings.name`. */
  readonly name?: string;
  readonly isSupervised: boolean;
  readonly isHelp: boolean;
}

export type CommandLineResult =
  | { readonly ok: true; readonly options: CommandLine }
  /** One line for the standard error; the process ends with exit code 78. */
  | { readonly ok: false; readonly message: string };

/** The text of `--help`. */
export function helpText(program: string): string {
  return `Usage: ${program} --config FILE [options]

  --config FILE     the configuration (docs/config.md)
  --check-config    check the configuration, say every fault, and end (exit code 78 when there is one)
  --print-config    print the configuration in effect, secrets redacted, and end
  --check-filter T  show what the text T, or the pairs of T when it is a JSON object, become in the log, and end
  --http-port N     listen on this port instead of http.port; 0 takes a free one
  --name NAME       name of the process instead of settings.name
  --supervise       run the process as a child and prove its death to the cluster
  --help            this text
`;
}

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLineResult {
  const parsed = parsedArgs(args);
  if (typeof parsed === "string") return refused(parsed);
  const port = parsed["http-port"];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    return refused(`--http-port: found ${port}, allowed: a whole number from 0 to 65535`);
  }
  const name = parsed.name;
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    return refused(
      "--name: allowed: 1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit",
    );
  }
  return {
    ok: true,
    options: {
      ...(parsed.config === undefined ? {} : { configFile: parsed.config }),
      isCheckOnly: parsed["check-config"] ?? false,
      isPrintOnly: parsed["print-config"] ?? false,
      ...(parsed["check-filter"] === undefined ? {} : { checkedText: parsed["check-filter"] }),
      ...(port === undefined ? {} : { httpPort: Number(port) }),
      ...(name === undefined ? {} : { name }),
      isSupervised: parsed.supervise ?? false,
      isHelp: parsed.help ?? false,
    },
  };
}

const known = {
  config: { type: "string" },
  "check-config": { type: "boolean" },
  "print-config": { type: "boolean" },
  "check-filter": { type: "string" },
  "http-port": { type: "string" },
  name: { type: "string" },
  supervise: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof known }>>["values"];

function parsedArgs(args: readonly string[]): Parsed | string {
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // parseArgs explains itself in its first sentence; the rest is advice for programs with positionals.
    return error instanceof Error ? (error.message.split(". ")[0] ?? error.message) : String(error);
  }
}

function refused(message: string): CommandLineResult {
  return { ok: false, message: `${message} (--help lists the options)` };
}
