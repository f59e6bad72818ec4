import { composeDispatcher } from "@dms/dispatcher";
import type { ClusterEvent, Hub } from "@dms/rules";
import type { Config } from "@dms/runtime";
import { type ClientOptions, openStores, type Purpose, type RedisClient, type Stores } from "@dms/streams";
import { composeWorker, replyLimits } from "@dms/worker";
import { chatPort } from "./chat-port.ts";
import { channel } from "./configuration.ts";
import { Network } from "./network.ts";
import { SimulatedProcess } from "./process.ts";
import { SimulatedConnection } from "./redis-connection.ts";
import type { World } from "./world.ts";

/** What the chassis asks of a dispatcher or worker. */
interface Composed {
  start(): Promise<void>;
  drain(deadline: number): Promise<void>;
  stop(): Promise<void>;
}

const stopDeadlineMs = 5000;

/**
 * A process of the cluster: the product's own composition over ports that are the simulator's.
 * States: starting -> running -> draining -> gone; or dead, at any moment.
 */
export class Member {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly #world: World;
  readonly #config: Config;
  readonly #connections: SimulatedConnection[] = [];
  #stores: Stores | null = null;
  #composed: Composed | null = null;
  isDraining = false;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#config = world.config;
    const role = name.startsWith("worker") ? "worker" : "dispatcher";
    const incarnation = world.incarnations.get(name) ?? 0;
    world.incarnations.set(name, incarnation + 1);
    const chance = world.chance.stream(`${name} ${incarnation}`);
    this.process = new SimulatedProcess(world.schedule, { name, role }, chance);
    this.network = new Network(world.network, this.process);
    this.process.in(0, () => void this.#start());
  }

  get isRunning(): boolean {
    return !this.process.isDead;
  }

  connections(): readonly SimulatedConnection[] {
    return this.#connections;
  }

  /** Ends it at once, as kill -9 does. */
  kill(): void {
    this.process.isDead = true;
    for (const connection of this.#connections) connection.disconnect();
  }

  /** Does what the chassis does on SIGTERM; `onGone` is called when the process has ended. */
  drain(onGone: () => void): void {
    if (this.isDraining) return;
    this.isDraining = true;
    const leave = async (): Promise<void> => {
      await this.#drain();
      this.kill();
      onGone();
    };
    this.process.in(0, () => void leave());
  }

  async #drain(): Promise<void> {
    const { clock } = this.process;
    const composed = this.#composed;
    if (composed === null) return;
    const { drainDeadlineMs } = this.#config.cluster;
    await Promise.race([composed.drain(clock.monotonic() + drainDeadlineMs), clock.sleep(drainDeadlineMs)]);
    await Promise.race([composed.stop(), clock.sleep(stopDeadlineMs)]);
    this.#stores?.close();
  }

  async #start(): Promise<void> {
    const { process } = this;
    const stores = await openStores({
      config: this.#config,
      clock: process.clock,
      random: process.chance,
      onNotice: () => undefined,
      connect: (options, purpose) => this.#connect(options, purpose),
    });
    this.#stores = stores;
    this.#composed = process.role === "worker" ? this.#composeWorker(stores) : this.#composeDispatcher(stores);
    await this.#composed.start();
  }

  #connect(options: ClientOptions, purpose: Purpose): RedisClient {
    const { schedule, redis, noise, happen } = this.#world;
    const parts = { schedule, redis, owner: this.process, noise, happen };
    const link = this.#world.link(this.process.name, "redis");
    const connection = new SimulatedConnection({ ...parts, link }, options, purpose);
    this.#connections.push(connection);
    return connection.client;
  }

  #composeWorker(stores: Stores): Composed {
    const { process, network } = this;
    const world = this.#world;
    const config = this.#config;
    const effectMs = config.chat.timeoutMs;
    const links = new Map(world.chat.servers.map(({ name }) => [name, world.link(process.name, name)]));
    const channelConfig = config.channels[channel];
    if (channelConfig === undefined) throw new Error("the plan configures no channel");
    const chat = chatPort({ chat: world.chat, network, links, effectMs, onPost: (text) => world.meetPost(this, text) });
    return composeWorker(
      { ...stores, ...this.#ports(replyLimits(config)(channelConfig).timeoutMs), chat },
      config,
      this.#identity(),
    );
  }

  #composeDispatcher(stores: Stores): Composed {
    const timeoutMs = this.#config.channels[channel]?.hub.timeoutMs ?? 0;
    return composeDispatcher({ ...stores, ...this.#ports(timeoutMs) }, this.#config, this.#identity());
  }

  #ports(hubTimeoutMs: number) {
    const { process, network } = this;
    const world = this.#world;
    const hub: Hub = world.hub.port(network, world.link(process.name, "hub"), hubTimeoutMs);
    return {
      hubs: new Map([[channel, hub]]),
      clock: process.clock,
      random: process.chance.stream("product"),
      emit: (event: ClusterEvent) => {
        if (event.type === "member-joined") process.member = event.member;
        world.onEvent(process.name, event);
      },
    };
  }

  #identity() {
    return { name: this.process.name, address: "127.0.0.1:0", version: "simulated", instance: "" };
  }
}
