export const layoutDocument = "CONTRIBUTING.md";

/** Folders of which the layout names every entry. */
export const laidOut: readonly string[] = ["apps", "libs", "test", "deploy", "k8s", "docs"];

/**
 * Entries of the folders that the layout of CONTRIBUTING.md lacks, and names in it that no entry has. `entriesOf` answers a
 * folder's names; a document goes by its name without `.md`.
 */
export function layoutFaults(document: string, entriesOf: (folder: string) => readonly string[]): string[] {
  const named = namesIn(document);
  return laidOut.flatMap((folder) => {
    const names = named.get(folder) ?? [];
    const entries = new Set(entriesOf(folder).map((entry) => entry.replace(/\.md$/, "")));
    return [
      ...[...entries]
        .filter((entry) => !names.includes(entry))
        .map(
          (entry) => `${layoutDocument}: ${folder}/${entry} is not in the layout: name it in the line of ${folder}/`,
        ),
      ...names
        .filter((name) => !entries.has(name))
        .map((name) => `${layoutDocument}: the layout names ${folder}/${name}, which is not there: remove it`),
    ];
  });
}

/** Names by folder: a line that begins with a folder is of it, and so are those below; what follows on `#` is prose. */
function namesIn(document: string): Map<string, string[]> {
  const [, block = ""] = /^## Layout\n+```text\n([\s\S]*?)^```/m.exec(document) ?? [];
  const named = new Map<string, string[]>();
  let folder = "";
  for (const line of block.split("\n")) {
    const [names = ""] = line.split("#");
    for (const word of names.split(" ").filter((each) => each !== "")) {
      if (word.endsWith("/")) folder = word.slice(0, -1);
      else named.set(folder, [...(named.get(folder) ?? []), word]);
    }
  }
  return named;
}
