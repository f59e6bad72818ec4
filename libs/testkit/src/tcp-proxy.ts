import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * Stands between one process and one part that it talks to, and does to their connection what a network does.
 * States: open; slow (every byte later); stalled (nothing goes through, nothing breaks); deaf (requests go through, answers
 * do not); cut (connections break, new ones too). `heal` ends each of them; what was stalled then arrives.
 */
export interface TcpProxy {
  readonly port: number;
  slow(ms: number): void;
  stall(): void;
  deafen(): void;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

type State = "open" | "slow" | "stalled" | "deaf" | "cut";
type Direction = "request" | "answer";

/** Starts a proxy to a port of 127.0.0.1, at 127.0.0.1 or another address of this machine. */
export async function startTcpProxy(target: { port: number; listenAt?: string }): Promise<TcpProxy> {
  const proxy = new StartedProxy(target.port);
  await proxy.listen(target.listenAt ?? "127.0.0.1");
  return proxy;
}

class StartedProxy implements TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #state: State = "open";
  #slowMs = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(host: string): Promise<void> {
    this.#server.listen(0, host);
    await once(this.#server, "listening");
  }

  slow(ms: number): void {
    this.#slowMs = ms;
    this.#become("slow");
  }

  stall(): void {
    this.#become("stalled");
  }

  deafen(): void {
    this.#become("deaf");
  }

  cut(): void {
    this.#become("cut");
  }

  heal(): void {
    this.#become("open");
  }

  async close(): Promise<void> {
    this.#become("cut");
    this.#server.close();
    await once(this.#server, "close");
  }

  delayOf(direction: Direction): number | null {
    if (this.#state === "stalled" || (this.#state === "deaf" && direction === "answer")) return null;
    return this.#state === "slow" ? this.#slowMs : 0;
  }

  forget(line: Line): void {
    this.#lines.delete(line);
  }

  #become(state: State): void {
    this.#state = state;
    for (const line of this.#lines) {
      if (state === "cut") line.break();
      else line.flush();
    }
  }

  #accept(client: Socket): void {
    if (this.#state === "cut") {
      client.resetAndDestroy();
      return;
    }
    this.#lines.add(new Line(this, client, connect({ host: "127.0.0.1", port: this.#target })));
  }
}

/** One connection through the proxy. Each direction keeps its bytes in order, however late they are. */
class Line {
  readonly #proxy: StartedProxy;
  readonly #sockets: readonly [Socket, Socket];
  readonly #ways: readonly [Way, Way];

  constructor(proxy: StartedProxy, client: Socket, part: Socket) {
    this.#proxy = proxy;
    this.#sockets = [client, part];
    this.#ways = [
      new Way(client, part, () => proxy.delayOf("request")),
      new Way(part, client, () => proxy.delayOf("answer")),
    ];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on("error", () => this.break());
      socket.on("close", () => this.break());
    }
  }

  flush(): void {
    for (const way of this.#ways) way.flush();
  }

  break(): void {
    this.#proxy.forget(this);
    for (const socket of this.#sockets) if (!socket.destroyed) socket.resetAndDestroy();
  }
}

class Way {
  readonly #to: Socket;
  readonly #delay: () => number | null;
  readonly #held: (Buffer | "end")[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, delay: () => number | null) {
    this.#to = to;
    this.#delay = delay;
    from.on("data", (chunk: Buffer) => this.#take(chunk));
    from.on("end", () => this.#take("end"));
  }

  #take(chunk: Buffer | "end"): void {
    this.#held.push(chunk);
    this.flush();
  }

  flush(): void {
    const delayMs = this.#delay();
    if (delayMs === null || this.#held.length === 0 || this.#timer !== null) return;
    if (delayMs === 0) return this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#delay() !== null) this.#send();
    }, delayMs);
  }

  #send(): void {
    for (const chunk of this.#held.splice(0)) {
      if (this.#to.destroyed) return;
      if (chunk === "end") this.#to.end();
      else this.#to.write(chunk);
    }
  }
}
