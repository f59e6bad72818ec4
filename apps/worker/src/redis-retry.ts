import { type Clock, type Emit, type Random, type RetryBounds, retryPauseMs } from "@dms/rules";
import { redisFailed } from "@dms/runtime";

interface RetryContext {
  clock: Clock;
  random: Random;
  emit: Emit;
  bounds: { retry: RetryBounds };
}

/** Longest pause between two tries of a transition: Redis is near, and leases are short. */
const pauseMsMax = 1000;

/**
 * Repeats a transition until Redis answers; every transition is safe to run twice. Answers null once it is not wanted any
 * more. Throws what is not retryable.
 */
export async function untilAnswered<T>(
  context: RetryContext,
  wish: { doing: string; isWanted: () => boolean },
  call: () => Promise<T>,
): Promise<T | null> {
  const { clock, random, emit, bounds } = context;
  for (let attempt = 1; wish.isWanted(); attempt++) {
    try {
      return await call();
    } catch (caught) {
      emit(redisFailed(wish.doing, caught));
      const pause = retryPauseMs(attempt, bounds.retry, { fraction: random.fraction() });
      await clock.sleep(Math.min(pause, pauseMsMax));
    }
  }
  return null;
}
