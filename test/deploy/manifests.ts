import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { metricGroups } from "../tidy/metrics.ts";
import { repository } from "../tidy/repository.ts";
import { renderKustomization } from "./kustomize/render.ts";
import type { Resource } from "./kustomize/resource.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A rendered overlay, and the Secrets that an operator has made before. */
export interface Overlay {
  name: string;
  resources: Resource[];
  promised: Resource[];
}

export function renderOverlay(name: string): Overlay {
  const folder = join(root, "k8s/overlays", name);
  const template = join(folder, "secrets.template.yaml");
  const promised = existsSync(template) ? parseAllDocuments(readFileSync(template, "utf8")) : [];
  return {
    name,
    resources: renderKustomization(folder),
    promised: promised.map((document) => document.toJS() as Resource),
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
