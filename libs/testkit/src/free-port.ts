import { createServer } from "node:net";

/** Answers a TCP port of 127.0.0.1 that was free a moment ago. Another process may take it before the caller does. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => {
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error("a listening server had no port"));
    });
  });
  return promise;
}
