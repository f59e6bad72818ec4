import type { Clock } from "@dms/rules";

/** Whether a process that a test plays still runs. */
export interface Life {
  isOver: boolean;
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The port as a process has it that may be killed: from then on no call leaves, and no answer comes back. */
export function mortal<Port extends object>(port: Port, life: Life): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        if (life.isOver) return never();
        const answer: unknown = Reflect.apply(member, target, args);
        if (!(answer instanceof Promise)) return answer;
        return answer.then(
          (value: unknown) => (life.isOver ? never() : value),
          (caught: unknown) => {
            if (life.isOver) return never();
            throw caught;
          },
        );
      };
    },
  });
}

/** A clock whose timers die with the process. */
export function mortalClock(clock: Clock, life: Life): Clock {
  return {
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (life.isOver) await never();
    },
    after: (ms, action) =>
      clock.after(ms, () => {
        if (!life.isOver) action();
      }),
  };
}
