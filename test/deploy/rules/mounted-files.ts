import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makeAuthority } from "@dms/testkit";
import { at, isMapping, listAt, textAt } from "../kustomize/resource.ts";
import type { Mapping, Resource } from "../kustomize/resource.ts";

/** A certificate and its key, made at the first need. */
let pair: { cert: string; key: string } | null = null;

function somePair(): { cert: string; key: string } {
  if (pair !== null) return pair;
  const folder = mkdtempSync(join(tmpdir(), "dms-pair-"));
  try {
    const { cert, key } = makeAuthority(folder).issue("mounted");
    pair = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    return pair;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a container sees of the ConfigMaps and Secrets that it mounts, laid out in a folder of this machine. */
export interface MountedFiles {
  /** The path on this machine of a path in the container. */
  place: (path: string) => string;
  remove: () => void;
}

export function layOut(template: Mapping, container: Mapping, known: readonly Resource[]): MountedFiles {
  const root = mkdtempSync(join(tmpdir(), "dms-mounts-"));
  const place = (path: string): string => join(root, path);
  for (const mount of listAt(container, "volumeMounts")) {
    const volume = listAt(template, "spec", "volumes").find((each) => textAt(each, "name") === textAt(mount, "name"));
    for (const [file, text] of filesOf(volume, known)) {
      const path = place(join(textAt(mount, "mountPath") ?? "", file));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  return { place, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function filesOf(volume: unknown, known: readonly Resource[]): [file: string, text: string][] {
  const kind = at(volume, "secret") === undefined ? "ConfigMap" : "Secret";
  const source = at(volume, kind === "Secret" ? "secret" : "configMap");
  const name = textAt(source, kind === "Secret" ? "secretName" : "name");
  const object = known.find((each) => each.kind === kind && each.metadata.name === name);
  const content = contentOf(object);
  const items = listAt(source, "items").filter(isMapping);
  if (items.length === 0) return Object.entries(content);
  return items.flatMap(({ key, path }) => {
    const text = content[String(key)];
    return text === undefined ? [] : [[String(path), text] as [string, string]];
  });
}

/** Certificates of a template are words of advice; a real one stands in for them. */
function contentOf(object: Resource | undefined): Record<string, string> {
  const plain = (at(object, "stringData") ?? {}) as Record<string, string>;
  const held = (at(object, "data") ?? {}) as Record<string, string>;
  const decoded = object?.kind === "Secret" ? mapped(held, (text) => Buffer.from(text, "base64").toString()) : held;
  return { ...decoded, ...Object.fromEntries(Object.entries(plain).map(([key, text]) => [key, pemFor(key) ?? text])) };
}

function pemFor(key: string): string | undefined {
  if (key.endsWith(".crt")) return somePair().cert;
  return key.endsWith(".key") ? somePair().key : undefined;
}

function mapped(entries: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, change(text)]));
}
