import { type Line, Mailbag, type Role, type Word } from "./crew.ts";

/** A process of a contestant: loads its role, plays it, and exits when told to end or when the bench is gone. */
const part = JSON.parse(process.argv[2] ?? "{}") as { module: string; role: string; order: unknown };
const bag = new Mailbag();
process.on("message", (message) => {
  const { word } = message as Word;
  if (word === "end") process.exit(0);
  bag.take(message as Word);
});
process.on("disconnect", () => process.exit(1));
const line: Line = {
  say: (word, facts = {}) => void process.send?.({ word, facts } satisfies Word),
  heard: (word) => bag.heard(word),
};
const roles = (await import(part.module)) as Record<string, Role<unknown>>;
const role = roles[part.role];
if (role === undefined) throw new Error(`${part.module} has no role ${part.role}`);
await role(part.order, line);
