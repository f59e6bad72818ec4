import { startTcpProxy, type TcpProxy } from "@dms/testkit";

/** The parts that a process talks to, each through a proxy of its own. */
export interface MemberLinks {
  redis: TcpProxy;
  hub: TcpProxy;
  chats: TcpProxy[];
}

export interface PartPorts {
  redis: number | null;
  hub: number;
  chats: number[];
}

/** Gives each member its own way to every part, so that one can be hurt without the others. */
export class Links {
  readonly #links = new Map<string, MemberLinks>();
  readonly #ports: PartPorts;

  constructor(ports: PartPorts) {
    this.#ports = ports;
  }

  of(name: string): MemberLinks | undefined {
    return this.#links.get(name);
  }

  get all(): [string, MemberLinks][] {
    return [...this.#links];
  }

  /** Makes a member's links, once, and answers the environment that its configuration takes the ports from. */
  async environmentOf(name: string, listenAt = "127.0.0.1"): Promise<Record<string, string>> {
    const known = this.#links.get(name) ?? (await this.#make(listenAt));
    this.#links.set(name, known);
    const { redis, hub, chats } = known;
    return {
      CHAOS_HOST: listenAt,
      CHAOS_REDIS_PORT: String(redis.port),
      CHAOS_HUB_PORT: String(hub.port),
      ...Object.fromEntries(chats.map(({ port }, index) => [`CHAOS_CHAT_PORT_${index + 1}`, String(port)])),
    };
  }

  heal(): void {
    for (const { redis, hub, chats } of this.#links.values()) for (const link of [redis, hub, ...chats]) link.heal();
  }

  async close(): Promise<void> {
    const links = [...this.#links.values()].flatMap(({ redis, hub, chats }) => [redis, hub, ...chats]);
    await Promise.all(links.map((link) => link.close()));
  }

  async #make(listenAt: string): Promise<MemberLinks> {
    const { redis, hub, chats } = this.#ports;
    const open = (port: number): Promise<TcpProxy> => startTcpProxy({ port, listenAt });
    return {
      // A Redis of several servers names their addresses itself: there nothing goes through this one.
      redis: await open(redis ?? hub),
      hub: await open(hub),
      chats: await Promise.all(chats.map(open)),
    };
  }
}
