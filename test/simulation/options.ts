import { parseArgs } from "node:util";

/** What `npm run simulate` was asked for. */
export interface Options {
  /** Seeds to run: so many from the first one on, or for so many minutes. */
  seeds: number;
  areSeedsGiven: boolean;
  from: number;
  minutes: number | null;
  /** One seed alone, or a plan in a file: its history is printed. */
  seed: string | null;
  replay: string | null;
  isCalm: boolean;
  /** In the place of what seeds draw, the history that is written for this rule. */
  script: string | null;
  processes: number;
  /** One rule that is taken out, by its id in the table of teeth. */
  without: string | null;
  /** Runs the table of teeth. */
  areTeethShown: boolean;
  /** Ends at the first seed that fails. */
  isFirstEnough: boolean;
  isShrunk: boolean;
  /** Every how many seeds this process takes one: it is one of several. */
  stride: number;
  isChild: boolean;
}

export const usage = `npm run simulate -- [options]
  --seeds N         how many seeds (1000, or without bound with --minutes)
  --from S          the first seed (1)
  --minutes M       runs until so many minutes have passed
  --seed S          one seed; prints its history as a table
  --replay FILE     a plan as a failing seed left it; prints its history as a table
  --processes P     so many processes side by side (1)
  --without ID      with a rule taken out (see --teeth), or several: ID,ID
  --script ID       the history that is written for a rule, in the place of what a seed draws
  --teeth           takes out every rule of the table, one at a time, and shows which seed or script catches it
  --first           ends at the first seed that fails
  --calm            without faults and noise
  --no-shrink       leaves failing plans as they are
`;

/** Reads the command line; throws with what is wrong. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      minutes: { type: "string" },
      seed: { type: "string" },
      replay: { type: "string" },
      processes: { type: "string", default: "1" },
      without: { type: "string" },
      script: { type: "string" },
      teeth: { type: "boolean", default: false },
      first: { type: "boolean", default: false },
      calm: { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
      stride: { type: "string", default: "1" },
      child: { type: "boolean", default: false },
    },
  });
  const isTimed = values.minutes !== undefined;
  const seeds = values.seeds ?? (isTimed ? String(Number.MAX_SAFE_INTEGER) : "1000");
  return {
    seeds: numberOf("seeds", seeds),
    areSeedsGiven: values.seeds !== undefined || isTimed,
    from: numberOf("from", values.from),
    minutes: values.minutes === undefined ? null : numberOf("minutes", values.minutes),
    seed: values.seed ?? null,
    replay: values.replay ?? null,
    isCalm: values.calm,
    processes: numberOf("processes", values.processes),
    without: values.without ?? null,
    script: values.script ?? null,
    areTeethShown: values.teeth,
    isFirstEnough: values.first,
    isShrunk: !values["no-shrink"],
    stride: numberOf("stride", values.stride),
    isChild: values.child,
  };
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`--${option} ${text}: a number above 0 is needed`);
  return number;
}
