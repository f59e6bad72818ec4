import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";

/** Connections as undici keeps them; it repeats nothing by itself. Time-outs are ours, its own are only a last resort. */
export function createDispatcher(options: { connections: number; timeoutMs: number; proxy?: string }): Dispatcher {
  const connection = {
    connections: options.connections,
    connectTimeout: options.timeoutMs,
    allowH2: false,
  };
  if (options.proxy === undefined) return new Agent(connection);
  return new ProxyAgent({
    ...connection,
    uri: options.proxy,
    // Without a tunnel ProxyAgent makes its connections with options of its own and would forget these.
    factory: (origin, given) => new Pool(origin, Object.assign({}, connection, given)),
  });
}
