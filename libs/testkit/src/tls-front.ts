import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import type { Issued } from "./authority.ts";

export interface TlsFront {
  port: number;
  /** Connections whose handshake succeeded. */
  accepted(): number;
  /** Presents another certificate to new connections. */
  renew(issued: Issued): void;
  close(): Promise<void>;
}

/** TLS in front of a plain port of this machine. With `clientCa` only clients with a certificate of that authority come in. */
export async function startTlsFront(
  target: { port: number },
  options: Issued & { clientCa?: string },
): Promise<TlsFront> {
  let accepted = 0;
  const { clientCa } = options;
  const pems = ({ cert, key }: Issued) => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa) }),
  });
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
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    renew: (issued) => server.setSecureContext(pems(issued)),
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
