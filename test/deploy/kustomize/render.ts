import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { contentHash, generate, generated } from "./generate.ts";
import { kustomizationSchema, operationsSchema } from "./kustomization.ts";
import type { Kustomization, Target } from "./kustomization.ts";
import { applyOperations } from "./patch.ts";
import { referencesIn } from "./references.ts";
import { at, containersOf, isMapping, podTemplateOf, textAt } from "./resource.ts";
import type { Resource } from "./resource.ts";

/**
 * Renders a folder with a kustomization.yaml as `kubectl kustomize` does, for the part of it that `kustomization.ts` allows.
 * Throws with the folder's name when something does not fit.
 */
export function renderKustomization(folder: string): Resource[] {
  const resources = accumulate(folder, []);
  for (const resource of resources.filter((each) => generated.has(each))) addHash(resource, resources);
  return resources;
}

/** Every folder with a kustomization.yaml that a rendering of this one reads, itself included, each as often as it is read. */
export function foldersOf(folder: string): string[] {
  const { resources, components } = readKustomization(folder);
  const inner = [...resources, ...components].map((path) => join(folder, path));
  return [folder, ...inner.filter((path) => statSync(path).isDirectory()).flatMap(foldersOf)];
}

function accumulate(folder: string, inherited: Resource[]): Resource[] {
  const kustomization = readKustomization(folder);
  const resources = kustomization.kind === "Component" ? inherited : [];
  for (const path of kustomization.resources) resources.push(...loaded(join(folder, path)));
  for (const path of kustomization.components) accumulate(join(folder, path), resources);
  generate(resources, "ConfigMap", { generators: kustomization.configMapGenerator, folder });
  generate(resources, "Secret", { generators: kustomization.secretGenerator, folder });
  transform(resources, kustomization, folder);
  return resources;
}

function readKustomization(folder: string): Kustomization {
  const file = join(folder, "kustomization.yaml");
  const parsed = kustomizationSchema.safeParse(parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`${file}: ${parsed.error.message}`);
  return parsed.data;
}

function loaded(path: string): Resource[] {
  if (statSync(path).isDirectory()) return accumulate(path, []);
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => {
    if (document.errors[0] !== undefined) throw new Error(`${path}: ${document.errors[0].message}`);
    const resource: unknown = document.toJS();
    if (
      !isMapping(resource) ||
      textAt(resource, "kind") === undefined ||
      textAt(resource, "metadata", "name") === undefined
    )
      throw new Error(`${path}: a document without kind or metadata.name`);
    return resource as Resource;
  });
}

function transform(resources: Resource[], kustomization: Kustomization, folder: string): void {
  const { patches, namespace, labels, replicas, images } = kustomization;
  for (const { target, path, patch } of patches) {
    const text = path === undefined ? (patch ?? "") : readFileSync(join(folder, path), "utf8");
    const operations = operationsSchema.parse(parse(text));
    const targets = resources.filter((each) => isTarget(each, target));
    if (targets.length === 0) throw new Error(`${folder}: no object for the patch of ${JSON.stringify(target)}`);
    for (const each of targets) applyOperations(each, structuredClone(operations));
  }
  for (const resource of resources) {
    if (namespace !== undefined) setNamespace(resource, namespace);
    for (const { pairs, includeTemplates } of labels) addLabels(resource, pairs, includeTemplates);
    const count = replicas.find(
      ({ name }) => name === resource.metadata.name && "replicas" in Object(at(resource, "spec")),
    );
    if (count !== undefined) (at(resource, "spec") as Record<string, unknown>)["replicas"] = count.count;
    for (const container of containersOf(podTemplateOf(resource) ?? {})) setImage(container, images);
  }
}

/** Kustomize takes names as whole regular expressions; the manifests name one object, or several as `a|b`. */
function isTarget({ kind, metadata }: Resource, target: Target): boolean {
  const fits = (wanted: string | undefined, found: string): boolean =>
    wanted === undefined || new RegExp(`^(?:${wanted})$`).test(found);
  return fits(target.kind, kind) && fits(target.name, metadata.name);
}

const clusterWide = /^(Namespace|ClusterRole|ClusterRoleBinding|PriorityClass|StorageClass|CustomResourceDefinition)$/;

function setNamespace(resource: Resource, namespace: string): void {
  if (resource.kind === "Namespace") resource.metadata.name = namespace;
  else if (!clusterWide.test(resource.kind)) resource.metadata.namespace = namespace;
}

function addLabels(resource: Resource, pairs: Record<string, string>, hasTemplates: boolean): void {
  resource.metadata.labels = { ...resource.metadata.labels, ...pairs };
  const template = podTemplateOf(resource);
  if (!hasTemplates || template === undefined) return;
  const metadata = isMapping(template["metadata"]) ? template["metadata"] : {};
  template["metadata"] = { ...metadata, labels: { ...(metadata["labels"] as object | undefined), ...pairs } };
}

function setImage(container: Record<string, unknown>, images: Kustomization["images"]): void {
  const [, name = "", tag = ""] = /^(.+?)(:[^:/]+)?$/.exec(String(container["image"])) ?? [];
  const change = images.find((image) => image.name === name);
  if (change === undefined) return;
  container["image"] = `${change.newName ?? name}${change.newTag === undefined ? tag : `:${change.newTag}`}`;
}

function addHash(resource: Resource, resources: readonly Resource[]): void {
  const { kind, metadata } = resource;
  const { name } = metadata;
  metadata.name = `${name}-${contentHash(resource)}`;
  for (const each of resources)
    for (const reference of referencesIn(each))
      if (reference.kind === kind && reference.name === name) reference.rename(metadata.name);
}
