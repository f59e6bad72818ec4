import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppProcess } from "@dms/testkit";
import { extractPrevious, previousCommit } from "../previous.ts";
import { anyForm, type Nemesis, victimOf } from "../nemesis.ts";

let extracted: { root: string; why: string | null } | undefined;

function previous(): { root: string; why: string | null } {
  if (extracted === undefined) {
    const root = mkdtempSync(join(tmpdir(), "dms-previous-"));
    extracted = { root, why: extractPrevious(root) };
  }
  return extracted;
}

export const rolloutNemeses: readonly Nemesis[] = [
  {
    name: "roll-out",
    forms: anyForm,
    hindrance: () => previous().why,
    async strike(stage) {
      const { root } = previous();
      const guests: AppProcess[] = [];
      for (const app of ["worker", "dispatcher"] as const) {
        const guest = await stage.add(app, { root });
        stage.note(`${guest.name}, a ${app} of ${previousCommit}, joined`);
        guests.push(guest);
        const victim = victimOf(stage, app);
        if (guests.includes(victim)) continue;
        // One of the present version goes and comes back, so that conversations pass to the former one and back again.
        const { code } = await victim.stop();
        stage.note(`${victim.name} drained and ended with ${String(code)}`);
        await stage.flow(20);
        await stage.cluster.restart(victim.name);
        stage.note(`${victim.name} is back`);
      }
      await stage.flow(20);
      for (const guest of guests) {
        const { code } = await guest.stop();
        stage.note(`${guest.name} of the former version drained and ended with ${String(code)}`);
      }
    },
  },
];
