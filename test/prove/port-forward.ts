import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { freePort, until } from "@dms/testkit";

/** A way from this machine to a Service or a pod, kept open until it is stopped. */
export interface PortForward {
  readonly port: number;
  stop(): void;
}

/**
 * Starts `kubectl port-forward` to `service/NAME` or `pod/NAME`, and starts it again when it ends: it does with every pod that
 * goes. Throws when there is no way within a minute.
 */
export async function forwardPort(kubectl: readonly string[], name: string, target: number): Promise<PortForward> {
  const port = await freePort();
  const [program = "", ...words] = kubectl;
  const args = [...words, "port-forward", name, `${port}:${target}`];
  let child: ChildProcess | undefined;
  let isStopped = false;
  let isForwarding = false;
  const open = (): void => {
    if (isStopped) return;
    child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout?.on("data", () => (isForwarding = true));
    child.on("error", () => undefined);
    child.once("close", () => setTimeout(open, 500));
  };
  const stop = (): void => {
    isStopped = true;
    child?.kill();
  };
  open();
  try {
    await until(() => isForwarding, { timeoutMs: 60_000, describe: () => `no way to ${name}` });
  } catch (caught) {
    stop();
    throw caught;
  }
  return { port, stop };
}
