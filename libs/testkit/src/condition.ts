/**
 * Asks until the answer is true. Throws after `timeoutMs` with what `describe` says then; an answer that fails counts as
 * false, and is named when the time is over.
 */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; describe: () => string; everyMs?: number },
): Promise<void> {
  const { timeoutMs, describe, everyMs = 50 } = options;
  const deadline = performance.now() + timeoutMs;
  let failure = "";
  while (performance.now() < deadline) {
    try {
      if (await isTrue()) return;
      failure = "";
    } catch (caught) {
      failure = `\nlast: ${String(caught)}`;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`${timeoutMs} ms went by: ${describe()}${failure}`);
}
