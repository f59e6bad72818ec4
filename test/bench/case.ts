/** How much time a run may take, and where profiles go. */
export interface CaseOptions {
  isQuick: boolean;
  /** Folder for CPU profiles of every role; none by default. */
  profileDir?: string | undefined;
  /** Tells the person at the terminal what is going on. */
  say: (line: string) => void;
}

/** A table of the report: cells are printed as they are. */
export interface Table {
  title: string;
  head: string[];
  rows: string[][];
  /** Remarks under the table. */
  notes?: string[];
}

/** Bars or lines of the report; values in `unit`. */
export interface Plot {
  /** File name without suffix. */
  name: string;
  title: string;
  unit: string;
  bars: { label: string; parts: { name: string; value: number }[] }[];
}

export interface Target {
  what: string;
  wanted: string;
  got: string;
  isMet: boolean;
}

/** What a case found. `ratios` compare within one run, so that they mean something on another machine too. */
export interface CaseResult {
  name: string;
  title: string;
  about: string[];
  tables: Table[];
  plots: Plot[];
  targets: Target[];
  ratios: Record<string, number>;
}

export interface Case {
  name: string;
  run(options: CaseOptions): Promise<CaseResult>;
}
