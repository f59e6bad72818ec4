import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface HttpProxy {
  /** With the credentials that it wants. */
  url: string;
  port: number;
  /** Targets of the tunnels that were opened, as `host:port`. */
  tunnels: string[];
  /** Requests that came without the right credentials. */
  refused(): number;
  close(): Promise<void>;
}

/** A proxy of this machine that opens tunnels by CONNECT for whoever has the credentials. */
export async function startHttpProxy({ user, password }: { user: string; password: string }): Promise<HttpProxy> {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const tunnels: string[] = [];
  const open = new Set<{ destroy(): unknown }>();
  let refused = 0;
  const isWelcome = ({ headers }: IncomingMessage): boolean => {
    if (headers["proxy-authorization"] === wanted) return true;
    refused += 1;
    return false;
  };
  const server = createServer((request, response) => {
    response.writeHead(isWelcome(request) ? 501 : 407).end();
  });
  server.on("connect", (request, socket, head) => {
    const { url = "" } = request;
    socket.on("error", () => socket.destroy());
    if (!isWelcome(request)) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    tunnels.push(url);
    const [host, port] = url.split(":");
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.write(head);
      socket.pipe(target).pipe(socket);
    });
    target.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => target.destroy());
    open.add(socket).add(target);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    port,
    tunnels,
    refused: () => refused,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
