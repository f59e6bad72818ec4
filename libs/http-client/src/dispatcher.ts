import type { TlsMaterial, TrustSource } from "@dms/rules";
import { Agent, Dispatcher, EnvHttpProxyAgent, Pool } from "undici";

export interface DispatcherOptions {
  /** To each server at most. */
  connections: number;
  timeoutMs: number;
  /** URL of an HTTP or HTTPS proxy, with credentials if it wants them; `https` targets go through it by CONNECT. */
  proxy?: string | undefined;
  /** Hosts that are reached without the proxy, as in `NO_PROXY`, which is its default. */
  noProxy?: string | undefined;
  /** For `https` targets and an `https` proxy; without it the system's authorities count. */
  trust?: TrustSource | undefined;
}

/** Connections as undici keeps them; it repeats nothing by itself. Time-outs are ours, its own are only a last resort. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { trust } = options;
  if (trust === undefined) return connect(options, {});
  return new RenewingDispatcher(trust, (material) => connect(options, material));
}

function connect({ connections, timeoutMs, proxy, noProxy }: DispatcherOptions, material: TlsMaterial): Dispatcher {
  const { serverName, ...pems } = material;
  const tls = {
    ...pems,
    minVersion: "TLSv1.2",
    ...(serverName === undefined ? {} : { servername: serverName }),
  } as const;
  const connection = { connections, connectTimeout: timeoutMs, allowH2: false, connect: tls };
  if (proxy === undefined) return new Agent(connection);
  return new EnvHttpProxyAgent({
    ...connection,
    httpProxy: proxy,
    httpsProxy: proxy,
    ...(noProxy === undefined ? {} : { noProxy }),
    requestTls: tls,
    // The proxy has a name of its own.
    proxyTls: { ...pems, minVersion: "TLSv1.2" },
    // Without a tunnel the proxy's connections are made with options of its own, which would forget these.
    factory: (origin, given) => new Pool(origin, Object.assign({}, connection, given)),
  });
}

/** Goes over to new connections when its certificates are renewed; calls under way end on the old ones. */
class RenewingDispatcher extends Dispatcher {
  readonly #ending = new Set<Dispatcher>();
  #current: Dispatcher;

  constructor(trust: TrustSource, make: (material: TlsMaterial) => Dispatcher) {
    super();
    this.#current = make(trust.current());
    trust.onRenewed(() => {
      const old = this.#current;
      this.#current = make(trust.current());
      this.#ending.add(old);
      void old.close().finally(() => this.#ending.delete(old));
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#current.dispatch(options, handler);
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#current, ...this.#ending].map((dispatcher) => dispatcher.destroy()));
  }
}
