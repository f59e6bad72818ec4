import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { metricGroups } from "../tidy/metrics.ts";
import { repository } from "../tidy/repository.ts";
import { withEdit } from "./kustomize/changed-manifests.ts";
import type { Edit } from "./kustomize/changed-manifests.ts";
import { foldersOf, renderKustomization } from "./kustomize/render.ts";
import type { Resource } from "./kustomize/resource.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What somebody would apply: an overlay as it stands, or with an edit that its comments offer. */
export interface Rendering {
  name: string;
  resources: Resource[];
  /** Secrets that an operator has made before. */
  promised: Resource[];
  /** Names of the folders of `k8s/components` that it is made of. */
  components: string[];
}

/** What `k8s/overlays/production/kustomization.yaml` offers to who scales by KEDA. */
export const kedaForHpa: Edit = {
  file: "overlays/production/kustomization.yaml",
  change: (text) => text.replace("components/hpa ", "components/keda "),
};

/** With every rule that `k8s/overlays/production/egress.yaml` holds in comments; a line of prose there has one space before it. */
export const everyEgress: Edit = {
  file: "overlays/production/egress.yaml",
  change: (text) => text.replace(/^ {4}# (- | {2})/gm, "    $1"),
};

/** Everything that the rules are applied to. */
export const renderings: readonly Rendering[] = [
  ...readdirSync(join(root, "k8s/overlays")).map((name) => render(join(root, "k8s"), { name, overlay: name })),
  withEdit(kedaForHpa, (folder) => render(folder, { name: "production with KEDA", overlay: "production" })),
  withEdit(everyEgress, (folder) => render(folder, { name: "production with every egress", overlay: "production" })),
];

function render(manifests: string, { name, overlay }: { name: string; overlay: string }): Rendering {
  const folder = join(manifests, "overlays", overlay);
  const template = join(folder, "secrets.template.yaml");
  const promised = existsSync(template) ? parseAllDocuments(readFileSync(template, "utf8")) : [];
  const read = foldersOf(folder).map((path) => relative(manifests, path).split("/"));
  return {
    name,
    resources: renderKustomization(folder),
    promised: promised.map((document) => document.toJS() as Resource),
    components: read.flatMap(([part, component]) => (part === "components" ? [component ?? ""] : [])),
  };
}

/** Names of all metrics that some process has. */
export const registeredMetrics: readonly string[] = metricGroups().flatMap(({ cards }) =>
  cards.map(({ name }) => name),
);

const httpServer = repository.find(({ path }) => path === "libs/runtime/src/http-server.ts")?.text ?? "";

/** Paths that every process serves. */
export const servedPaths: readonly string[] = [...httpServer.matchAll(/app\.get\("(\/[a-z]+)"/g)].map(
  (match) => match[1] ?? "",
);
