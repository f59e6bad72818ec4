import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { freePort, until } from "@dms/testkit";

/** A way from this machine to a Service, kept open while the pod behind it lives. */
export interface PortForward {
  readonly port: number;
  stop(): void;
}

/** Starts `kubectl port-forward`, and starts it again when it ends: it does with every pod that goes. */
export async function forwardPort(kubectl: readonly string[], service: string, target: number): Promise<PortForward> {
  const port = await freePort();
  const [program = "", ...words] = kubectl;
  const args = [...words, "port-forward", `service/${service}`, `${port}:${target}`];
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
  open();
  await until(() => isForwarding, { timeoutMs: 60_000, describe: () => `no way to ${service}` });
  return {
    port,
    stop: () => {
      isStopped = true;
      child?.kill();
    },
  };
}
