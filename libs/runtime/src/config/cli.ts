import { parseArgs } from "node:util";
import { shownValue } from "./redaction.ts";
import { processName } from "./sections/settings.ts";

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
  /** For the standard error, one fault a line; the process ends with exit code 78. */
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
  const { values: parsed, faults } = parsedArgs(args);
  const port = parsed["http-port"];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    faults.push(`--http-port: found ${shownValue(port)}, allowed: a whole number from 0 to 65535`);
  }
  const name = parsed.name;
  if (name !== undefined && !processName.schema.safeParse(name).success) {
    faults.push(`--name: found ${shownValue(name)}, allowed: ${processName.allowed}`);
  }
  if (faults.length > 0) return { ok: false, message: `${faults.join("\n")} (--help lists the options)` };
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

/** What the arguments say, and every fault of their form; the parser's own check would end at the first one. */
function parsedArgs(args: readonly string[]): { values: Parsed; faults: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean> = {};
  const faults: string[] = [];
  for (const [place, token] of tokens.entries()) {
    // What follows an unknown option is its value, most likely, and no fault of its own.
    if (token.kind === "positional" && !isUnknown(tokens[place - 1])) {
      faults.push(`Unexpected argument '${token.value}'`);
    }
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    if (isUnknown(token)) faults.push(`Unknown option '${rawName}'`);
    else if (known[name as keyof typeof known].type === "string") {
      // Of `--config --name x` the next option was taken for the file's name.
      if (value === undefined || (!inlineValue && value.startsWith("-"))) {
        faults.push(`Option '--${name} <value>' argument missing`);
      } else values[name] = value;
    } else if (value === undefined) values[name] = true;
    else faults.push(`Option '--${name}' takes no value`);
  }
  return { values: values as Parsed, faults };
}

function isUnknown(token: { kind: string; name?: string } | undefined): boolean {
  return token?.kind === "option" && !Object.hasOwn(known, token.name ?? "");
}
