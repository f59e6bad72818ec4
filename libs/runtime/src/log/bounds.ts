/** What one log line may cost, however long the texts in it are and whatever the operator's filters look like. */
export const logBounds = {
  /** A longer text of a line is cut; filters see what is left, so nothing is written that they have not seen. */
  textLengthMax: 4096,
  /** All texts of a line together. */
  lineLengthMax: 32_768,
  /** Values of a line, lists and maps included. */
  valuesMax: 1000,
  /** Maps and lists within each other. */
  depthMax: 12,
  /** Time that the filters of a specification may spend on one line; texts that are left are suppressed. */
  lineMsMax: 100,
} as const;

/** What one filter specification may cost. */
export const filterBounds = {
  fileBytesMax: 65_536,
  filtersMax: 32,
  stepsMax: 32,
  patternLengthMax: 512,
  /** The larger number of `{n,m}`. */
  repeatMax: 100,
  /** Instructions of one compiled pattern: nested repeats multiply. */
  programSizeMax: 1000,
  /** Instructions of all patterns together. */
  programSizeSumMax: 4000,
  replaceLengthMax: 256,
  /** Matches of one step in one text; with more the text is suppressed. */
  matchesMax: 200,
} as const;

/** What stands for a text or an attribute that must not be shown. */
export const suppressed = "[output suppressed]";
