import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { AbstractConnector } from "ioredis";

/** What the connector needs besides ioredis' own options. */
export interface RotatingOptions {
  nodes: readonly { readonly host: string; readonly port: number }[];
  tls: ConnectionOptions | null;
  /** Told of each server that was passed over because it is a replica. */
  onReplica: (node: { host: string; port: number }) => void;
}

/**
 * Finds the writable server among several addresses without a sentinel (Redisson's master/slave and replicated modes):
 * each connection tries the next address, and ioredis' ready check drops one whose role is not the primary's.
 */
export function rotatingConnector(options: RotatingOptions): new (options: unknown) => AbstractConnector {
  const { nodes, tls, onReplica } = options;
  return class RotatingConnector extends AbstractConnector {
    #next = 0;

    constructor() {
      super(2000);
    }

    override check(server: { role?: string }): boolean {
      if (server.role === undefined || server.role === "master") return true;
      const node = nodes[(this.#next - 1) % nodes.length];
      if (node !== undefined) onReplica(node);
      return false;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const node = nodes[this.#next++ % nodes.length];
      if (node === undefined) throw new Error("no Redis address is configured");
      const stream = tls ? connectTls({ ...tls, ...node }) : connectPlain(node);
      stream.once("error", (error: Error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }
  };
}
