/** What the exit code of every entry point means; the numbers are those of sysexits.h and of a shell. */
export const exitCodes = {
  done: 0,
  /** Could not start, or could not go on. */
  failed: 1,
  /** Broken code: an uncaught exception or a broken invariant. */
  broken: 70,
  /** The command line or the configuration is at fault: starting again does not help. */
  misconfigured: 78,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
