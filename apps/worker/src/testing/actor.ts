import type { MemberId } from "@dms/protocol";
import type { Chat, ClusterEvent, InboxReader, Partitions, Registry } from "@dms/rules";
import { type Config, systemClock, systemRandom } from "@dms/runtime";
import type { Stores } from "@dms/streams";
import { composeWorker } from "../app.ts";
import type { Worker } from "../worker.ts";
import { channel } from "./cast.ts";
import { type Life, mortal, mortalClock } from "./mortal.ts";
import type { ScriptedChat } from "./scripted-chat.ts";
import type { ScriptedHub } from "./scripted-hub.ts";

/** Ports of one worker as a test changes them: to hold a call, to lose an answer, or to take a rule out. */
export interface Tweaks {
  /** The application's name, where it is not that of all. */
  appName?: string;
  partitions?: (real: Partitions) => Partial<Partitions>;
  registry?: (real: Registry) => Partial<Registry>;
  inbox?: (real: InboxReader) => Partial<InboxReader>;
  chat?: (real: Chat) => Partial<Chat>;
}

/** What an actor shares with the others. */
export interface Surroundings {
  config: Config;
  chat: ScriptedChat;
  hub: ScriptedHub;
  openStores(clientName: string): Promise<Stores>;
}

type EventOf<T extends ClusterEvent["type"]> = Extract<ClusterEvent, { type: T }>;

/** One worker of a stage, as a process that may be killed. */
export class Actor {
  readonly name: string;
  readonly events: ClusterEvent[] = [];
  readonly #stage: Surroundings;
  readonly #tweaks: Tweaks;
  readonly #life: Life = { isOver: false };
  #stores: Stores | null = null;
  #worker: Worker | null = null;
  #member: MemberId | null = null;
  #watchers: (() => void)[] = [];

  constructor(stage: Surroundings, name: string, tweaks: Tweaks) {
    this.#stage = stage;
    this.name = name;
    this.#tweaks = tweaks;
  }

  get worker(): Worker {
    if (this.#worker === null) throw new Error(`${this.name} was not started`);
    return this.#worker;
  }

  /** The latest incarnation. */
  get member(): MemberId {
    if (this.#member === null) throw new Error(`${this.name} has not joined`);
    return this.#member;
  }

  get isAlive(): boolean {
    return !this.#life.isOver;
  }

  async start(): Promise<void> {
    const { config, chat, hub } = this.#stage;
    const stores = await this.#stage.openStores(this.name);
    this.#stores = stores;
    const { partitions, registry, inbox, appName } = this.#tweaks;
    const life = this.#life;
    const port = <Port extends object>(real: Port, tweak: ((real: Port) => Partial<Port>) | undefined): Port =>
      mortal(changed(real, tweak?.(real) ?? {}), life);
    // The calls under a grant are the same calls: what a test changes must be changed there too. To name a grant is no call:
    // a lane of the dead does it once more.
    const calls: Chat = changed(port<Chat>(chat, this.#tweaks.chat), { under: () => calls });
    this.#worker = composeWorker(
      {
        partitions: port(stores.partitions, partitions),
        registry: port(stores.registry, registry),
        inbox: port(stores.inbox, inbox),
        chat: calls,
        hubs: new Map([[channel, mortal(hub, life)]]),
        clock: mortalClock(systemClock, life),
        random: systemRandom,
        emit: (event) => this.#note(event),
      },
      appName === undefined ? config : { ...config, settings: { ...config.settings, appName } },
      { name: this.name, address: "127.0.0.1:1", version: "1", instance: "" },
    );
    await this.#worker.start();
    await this.saw("member-joined");
  }

  /** Dies as by kill -9: calls under way go on at the other side, nobody hears of them. */
  kill(): void {
    this.#life.isOver = true;
    this.#stores?.close();
  }

  /** Waits for the `nth` event of a type; the test's own time-out ends a wait in vain. */
  async saw<T extends ClusterEvent["type"]>(type: T, nth = 1): Promise<EventOf<T>> {
    while (true) {
      const event = this.all(type)[nth - 1];
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  all<T extends ClusterEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  #note(event: ClusterEvent): void {
    if (event.type === "lease-renewed" || this.#life.isOver) return;
    this.events.push(event);
    if (event.type === "member-joined") this.#member = event.member;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const look of watchers) look();
  }
}

/** `real` with some of its methods replaced; the others keep the object that they belong to. */
function changed<Port extends object>(real: Port, changes: Partial<Port>): Port {
  return new Proxy(real, {
    get(target, name) {
      const change: unknown = Reflect.get(changes, name);
      if (change !== undefined) return change;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}
