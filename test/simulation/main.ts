import { type Options, readOptions, usage } from "./options.ts";
import { toothOf } from "./teeth/table.ts";
import { takeOut } from "./teeth/taking-out.ts";

/** `npm run simulate`: see `usage`. Ends with 1 when a seed fails, with 78 when the command line is at fault. */
let options: Options;
try {
  options = readOptions(process.argv.slice(2));
  // Before anything of the product is loaded.
  if (options.without !== null && !options.areTeethShown) takeOut(toothOf(options.without));
} catch (caught) {
  console.error(`${caught instanceof Error ? caught.message : String(caught)}\n${usage}`);
  process.exit(78);
}
const { execute } = await import("./command.ts");
process.exitCode = await execute(options);
