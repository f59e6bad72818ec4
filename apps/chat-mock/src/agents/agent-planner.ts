import type { Clock } from "@dms/runtime";
import { SeededRandom } from "../seeded-random.ts";
import type { Session } from "../session.ts";
import type { Store } from "../store/store.ts";
import { type AgentOptions, agentOptionsSchema } from "./agent-options.ts";
import type { AgentState, AgentStep } from "./agent-state.ts";

/** A plan that is this long takes no further answers: the agent cannot keep up with the customer. */
const stepsMax = 64;
const settingName = "agents";
const nicknames = ["Anna", "Björn", "Chiara", "Đorđe", "Élodie", "山田", "Оксана", "ليلى"];

export function newAgentState(chance: SeededRandom): AgentState {
  return {
    seed: chance.integer(0, 0xffffffff),
    nickname: chance.pick(nicknames),
    isPresent: false,
    said: 0,
    steps: [],
  };
}

/** Decides what a session's agent is going to do and when; `AgentDriver` does it. */
export class AgentPlanner {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #defaults: AgentOptions;

  constructor(parts: { store: Store; clock: Clock; defaults: AgentOptions }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#defaults = parts.defaults;
  }

  /** Options as they are now: this server's, under what was changed at run time for all servers of the store. */
  get options(): AgentOptions {
    const changed = this.#store.settings.get(settingName);
    return changed === null ? this.#defaults : { ...this.#defaults, ...JSON.parse(changed) };
  }

  /** Changes the options named in `changes` at all servers of the store; must run inside `store.write`. */
  change(changes: Partial<AgentOptions>): AgentOptions {
    const before = JSON.parse(this.#store.settings.get(settingName) ?? "{}");
    this.#store.settings.put(settingName, JSON.stringify({ ...before, ...changes }));
    return agentOptionsSchema.parse(this.options);
  }

  /** Plans the agent's joining. */
  invite(session: Session): void {
    const { enabled, joinMs } = this.options;
    if (!enabled) return;
    this.#plan(session, (chance, steps) => {
      steps.push({ at: this.#clock.wall() + chance.integer(joinMs.min, joinMs.max), kind: "join" });
    });
  }

  /** Plans an answer to a customer message, or none. */
  answer(session: Session): void {
    const options = this.options;
    const { agent } = session;
    if (!options.enabled || agent.steps.length >= stepsMax) return;
    if (agent.steps.some(({ kind }) => kind === "leave")) return;
    if (!agent.isPresent && !agent.steps.some(({ kind }) => kind === "join")) this.invite(session);
    this.#plan(session, (chance, steps) => {
      if (!chance.strikes(options.replyProbability)) return;
      steps.push(...answerSteps(chance, options, Math.max(this.#clock.wall(), steps.at(-1)?.at ?? 0)));
    });
  }

  #plan(session: Session, plan: (chance: SeededRandom, steps: AgentStep[]) => void): void {
    const chance = new SeededRandom(session.agent.seed);
    plan(chance, session.agent.steps);
    session.agent.seed = chance.state;
  }
}

function answerSteps(chance: SeededRandom, options: AgentOptions, from: number): AgentStep[] {
  const { thinkMs, moreProbability, fileProbability, structuredProbability, endProbability } = options;
  const steps: AgentStep[] = [];
  let at = from;
  do {
    const pauseMs = chance.integer(thinkMs.min, thinkMs.max);
    steps.push({ at: at + Math.floor(pauseMs / 2), kind: "typing-started" });
    at += pauseMs;
    steps.push({ at, kind: "typing-stopped" }, { at, kind: "text" });
  } while (steps.length < 30 && chance.strikes(moreProbability));
  if (chance.strikes(structuredProbability)) steps.push({ at, kind: "structured" });
  if (chance.strikes(fileProbability)) steps.push({ at, kind: "file" });
  if (chance.strikes(endProbability)) steps.push({ at, kind: "leave" });
  return steps;
}
