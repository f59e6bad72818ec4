import { once } from "node:events";
import tls from "node:tls";

/** A server made with these speaks nothing later than TLS 1.1. */
export const outdatedTls = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

/**
 * Does something while Node's own defaults let outdated TLS pass, as its flags `--tls-min-v1.0` and `--tls-cipher-list`
 * can make them. What is refused meanwhile is refused by the client's own options; otherwise Node would do it anyway.
 */
export async function whileOutdatedTlsPasses<T>(action: () => Promise<T>): Promise<T> {
  const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
  Object.assign(tls, { DEFAULT_MIN_VERSION: outdatedTls.minVersion, DEFAULT_CIPHERS: outdatedTls.ciphers });
  try {
    return await action();
  } finally {
    Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
  }
}

/** The protocol that a client without options of its own agrees on with a port of this machine. Rejects when there is none. */
export async function protocolAt(port: number, ca: string): Promise<string | null> {
  const socket = tls.connect({ host: "127.0.0.1", port, ca });
  try {
    await once(socket, "secureConnect");
    return socket.getProtocol();
  } finally {
    socket.destroy();
  }
}
