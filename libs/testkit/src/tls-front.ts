import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import type { Issued } from "./authority.ts";
import { outdatedTls } from "./outdated-tls.ts";

export interface TlsFront {
  port: number;
  /** Connections whose handshake succeeded. */
  accepted(): number;
  /** Presents another certificate to new connections. */
  renew(issued: Issued): void;
  /** Lets in new clients of another authority, and no others. */
  trust(clientCa: string): void;
  /** Cuts the connections that are open; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * TLS in front of a plain port of this machine. With `clientCa` only clients with a certificate of that authority come in;
 * one that is outdated speaks nothing later than TLS 1.1.
 */
export async function startTlsFront(
  target: { port: number },
  options: Issued & { clientCa?: string; isOutdated?: boolean },
): Promise<TlsFront> {
  let accepted = 0;
  let { clientCa } = options;
  const pems = ({ cert, key }: Issued) => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa) }),
    ...(options.isOutdated === true ? outdatedTls : {}),
  });
  let shown: Issued = options;
  const demands = clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...pems(options), ...demands }, (socket) => {
    accepted += 1;
    const plain = connect(target.port, "127.0.0.1");
    plain.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => plain.destroy()).on("close", () => plain.destroy());
    socket.pipe(plain).pipe(socket);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  const open = new Set<{ destroy(): unknown }>();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    renew: (issued) => {
      shown = issued;
      server.setSecureContext(pems(issued));
    },
    trust: (authority) => {
      clientCa = authority;
      server.setSecureContext(pems(shown));
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
