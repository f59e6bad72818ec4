import { execFileSync } from "node:child_process";
import { between, type Nemesis } from "../nemesis.ts";

/** Names and addresses of the guest's own network: a pair of cables between it and the machine. */
const space = `dms${process.pid % 100_000}`;
const near = `dn${process.pid % 100_000}`;
const far = `df${process.pid % 100_000}`;
const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

/** Makes a network namespace that is joined to this machine by one cable; answers why it cannot. */
function makeNamespace(): string | null {
  try {
    ip("netns", "add", space);
  } catch (caught) {
    return `network namespaces are not allowed here: ${String(caught).split("\n")[0]}`;
  }
  try {
    ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", space);
    ip("addr", "add", `${subnet}.1/24`, "dev", near);
    ip("link", "set", near, "up");
    ip("-n", space, "addr", "add", `${subnet}.2/24`, "dev", far);
    ip("-n", space, "link", "set", far, "up");
    ip("-n", space, "link", "set", "lo", "up");
    return null;
  } catch (caught) {
    removeNamespace();
    return `a cable into a network namespace cannot be made here: ${String(caught).split("\n")[0]}`;
  }
}

function removeNamespace(): void {
  execFileSync("ip", ["netns", "del", space], { stdio: "ignore" });
}

let hindrance: string | null | undefined;

function hindranceHere(): string | null {
  if (hindrance === undefined) {
    hindrance = makeNamespace();
    if (hindrance === null) process.once("exit", removeNamespace);
  }
  return hindrance;
}

export const namespaceNemeses: readonly Nemesis[] = [
  {
    name: "partition-namespace",
    forms: ["single"],
    hindrance: hindranceHere,
    async strike(stage) {
      const guest = await stage.add("worker", { namespace: { name: space, address: `${subnet}.1` } });
      stage.note(`${guest.name} joined from a network of its own`);
      await stage.flow(30);
      const ms = between(stage, 1000, 9000);
      await stage.cluster.deeds.during({ kind: "outage", target: "network", name: guest.name }, async () => {
        stage.note(`the cable of ${guest.name} is pulled for ${ms} ms`);
        ip("link", "set", near, "down");
        await stage.lasts(ms);
        ip("link", "set", near, "up");
      });
      stage.note(`the cable of ${guest.name} is back`);
      await stage.flow(30);
      const { code } = await guest.stop();
      stage.note(`${guest.name} drained and ended with ${String(code)}`);
    },
  },
];
