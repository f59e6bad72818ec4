import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { AbstractConnector } from "ioredis";

/** What the connector needs besides ioredis' own options. */
export interface RotatingOptions {
  nodes: readonly { readonly host: string; readonly port: number }[];
  tls: ConnectionOptions | null;
}

/**
 * Finds the writable server among several addresses without a sentinel (Redisson's master/slave and replicated modes):
 * each connection tries the next address, and ioredis' ready check drops one whose role is not the primary's.
 */
export function rotatingConnector({ nodes, tls }: RotatingOptions): new (options: unknown) => AbstractConnector {
  let next = 0;
  return class RotatingConnector extends AbstractConnector {
    constructor() {
      super(2000);
    }

    override check(server: { role?: string }): boolean {
      return server.role === undefined || server.role === "master";
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const node = nodes[next++ % nodes.length];
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
