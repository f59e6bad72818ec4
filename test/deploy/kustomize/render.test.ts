import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { kedaForHpa, root } from "../manifests.ts";
import { withEdit } from "./changed-manifests.ts";
import { renderKustomization } from "./render.ts";
import { titleOf } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** The renderer of a kubectl on this machine, or undefined: the one of Debian is too old to know components. */
function realRender(): ((folder: string) => Resource[]) | undefined {
  try {
    const version = execFileSync("kubectl", ["version", "--client", "-o", "json"], { encoding: "utf8", stdio: "pipe" });
    const { clientVersion } = JSON.parse(version) as { clientVersion: { minor: string } };
    if (Number.parseInt(clientVersion.minor, 10) < 27) return undefined;
  } catch {
    // No kubectl: the test is then skipped, and says so in the tally.
    return undefined;
  }
  return (folder) => {
    const text = execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" });
    return parseAllDocuments(text).map((document) => document.toJS() as Resource);
  };
}

const real = realRender();
const overlays = readdirSync(join(root, "k8s/overlays"));

function sorted(resources: readonly Resource[]): Resource[] {
  return resources.toSorted((one, other) => (titleOf(one) < titleOf(other) ? -1 : 1));
}

test.skipIf(real === undefined).each(overlays)(
  "render: overlay %s comes out as kubectl kustomize makes it",
  (overlay) => {
    const folder = join(root, "k8s/overlays", overlay);
    expect(sorted(renderKustomization(folder))).toEqual(sorted(real?.(folder) ?? []));
  },
);

test.skipIf(real === undefined)("render: with KEDA in the place of the HPA, too", () => {
  const [ours, theirs] = withEdit(kedaForHpa, (folder) => {
    const overlay = join(folder, "overlays/production");
    return [renderKustomization(overlay), real?.(overlay) ?? []];
  });
  expect(ours.map(({ kind }) => kind)).toContain("ScaledObject");
  expect(sorted(ours)).toEqual(sorted(theirs));
});

test("render: a configuration that changes is another ConfigMap, and pods name the new one", () => {
  const before = renderKustomization(join(root, "k8s/overlays/demo"));
  const change = (text: string): string => text.replace("partitions: 8", "partitions: 16");
  const after = withEdit({ file: "overlays/demo/dms.yaml", change }, (folder) =>
    renderKustomization(join(folder, "overlays/demo")),
  );
  const nameIn = (resources: readonly Resource[]) =>
    resources.find(({ kind }) => kind === "ConfigMap")?.metadata.name ?? "";
  expect(nameIn(after)).toMatch(/^dms-config-[a-z0-9]{10}$/);
  expect(nameIn(after)).not.toBe(nameIn(before));
  expect(
    JSON.stringify(after.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "worker")),
  ).toContain(nameIn(after));
});

test.each<[string, string, (text: string) => string, RegExp]>([
  [
    "what the renderer does not know",
    "overlays/demo/kustomization.yaml",
    (text) => `${text}namePrefix: x-\n`,
    /namePrefix/,
  ],
  [
    "a patch of nothing",
    "overlays/demo/kustomization.yaml",
    (text) => text.replace("name: redis }", "name: rediss }"),
    /no object for the patch/,
  ],
  [
    "a patch of a field that is not there",
    "overlays/demo/kustomization.yaml",
    (text) => text.replace("volumeClaimTemplates", "volumeClaims"),
    /there is no such field/,
  ],
  [
    "a file that is not there",
    "base/kustomization.yaml",
    (text) => text.replace("- worker.yaml", "- workers.yaml"),
    /ENOENT/,
  ],
  [
    "a replacement of what nobody generates",
    "overlays/demo/kustomization.yaml",
    (text) => text.replace("name: dms-config", "name: dms"),
    /there is no ConfigMap dms to replace/,
  ],
])("render: %s is refused", (_what, file, change, expected) => {
  withEdit({ file, change }, (folder) => {
    expect(() => renderKustomization(join(folder, "overlays/demo"))).toThrow(expected);
  });
});
