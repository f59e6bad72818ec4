/** Preloaded into a process: on SIGUSR2 its event loop stands still for six seconds, twice the default lease. */
const blockedMs = 6000;

process.on("SIGUSR2", () => {
  const until = performance.now() + blockedMs;
  while (performance.now() < until);
});
