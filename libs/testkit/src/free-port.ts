import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below the ports that systems give to outgoing connections: Linux begins at 32768, macOS and Windows at 49152. */
const [lowest, end] = [10_000, 32_768];
const attemptsMax = 1000;

/**
 * Answers a TCP port of 127.0.0.1 that is free, and the caller's as long as this process lives, also between the death of
 * a server and its next start. No connection gets it by chance, and no other process that asks here is given it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const port = lowest + Math.floor(Math.random() * (end - lowest));
    if ((await reserve(port)) && (await isUnused(port))) return port;
  }
  throw new Error(`none of ${attemptsMax} ports tried between ${lowest} and ${end} is free on 127.0.0.1`);
}

/** Nobody uses UDP here, so a UDP socket of the same number marks the TCP port as taken; it goes with the process. */
async function reserve(port: number): Promise<boolean> {
  const mark = createSocket("udp4");
  mark.bind({ port, address: "127.0.0.1", exclusive: true });
  try {
    await once(mark, "listening");
    mark.unref();
    return true;
  } catch (caught) {
    mark.close();
    return refuseUnlessTaken(caught);
  }
}

async function isUnused(port: number): Promise<boolean> {
  const server: Server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch (caught) {
    return refuseUnlessTaken(caught);
  }
}

function refuseUnlessTaken(caught: unknown): false {
  if (caught instanceof Error && "code" in caught && caught.code === "EADDRINUSE") return false;
  throw caught;
}
