import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { check, faultAt } from "./check.ts";
import type { Fault } from "./fault.ts";
import type { Environment } from "./interpolate.ts";
import { nearest } from "./nearest.ts";
import { readKeyStore, readTrustStore } from "./pem-files.ts";
import type { KeyPair, PemResult } from "./pem-files.ts";
import { redissonNode, usualSentinelPort } from "./redis-node.ts";
import type { RedisNode } from "./redis-node.ts";
import type { RedisTls } from "./redis-settings.ts";
import { given } from "./redis-source.ts";
import { readOrThrow, rereadable } from "./redis-tls.ts";
import type { RedisResult } from "./redis-source.ts";
import { redissonModes, redissonSchema } from "./redisson-schema.ts";
import { readDocument } from "./source-document.ts";
import type { SourceDocument } from "./source-document.ts";
import { checkPair } from "./tls-files.ts";

/** What a server section holds once it is checked. */
interface Server {
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  readonly clientName?: string;
  readonly connectTimeout?: number;
  readonly timeout?: number;
  readonly masterName?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly sslEnableEndpointIdentification?: boolean;
  readonly sslVerificationMode?: "NONE" | "CA_ONLY" | "STRICT";
  readonly sslTruststore?: string;
  readonly sslTruststorePassword?: string;
  readonly sslKeystore?: string;
  readonly sslKeystorePassword?: string;
  readonly slaveAddresses?: readonly string[];
}

type Mode = (typeof redissonModes)[number];

/**
 * Reads a Redisson YAML file as it is: type tags are skipped, options that concern Redisson's own threads, pools and
 * codecs are named in one warning. Faults name the Redisson file.
 */
export function loadRedisson(file: string, env: Environment): RedisResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    const allowed = "a Redisson YAML file that can be read (settings.redis-client-config names it)";
    return { faults: [{ file, path: "", found: "no file", allowed }], warnings: [] };
  }
  const source = readDocument(file, text, env);
  if (source.value === undefined) return { faults: source.faults.map(withIndentHint), warnings: [] };
  const checked = check(redissonSchema, source, { isIgnored: () => true });
  const reader = new Reader(source);
  const mode = reader.mode(checked.value, checked.ignored);
  const settings = mode && reader.settings(mode, { ...checked.value, ...(checked.value[mode.section] as Server) });
  const faults = [...source.faults, ...checked.faults, ...reader.faults];
  const warnings = [...ignoredWarning(file, checked.ignored), ...reader.warnings];
  return { ...(settings && faults.length === 0 ? { settings } : {}), faults, warnings };
}

/** Samples copied out of a PDF lose their indentation; YAML then speaks of colons. */
function withIndentHint(fault: Fault): Fault {
  return { ...fault, allowed: `${fault.allowed}, with the options of a server section indented below it` };
}

function ignoredWarning(file: string, ignored: readonly string[]): string[] {
  if (ignored.length === 0) return [];
  return [`${file}: these Redisson options mean nothing here and were ignored: ${ignored.join(", ")}`];
}

/** A key that is not the certificate's would only be told by every connection that fails. */
function fitting(pair: PemResult<KeyPair>): PemResult<KeyPair> {
  if (!pair.ok || checkPair(pair.value).ok) return pair;
  return { ok: false, allowed: "a file whose private key is that of its first certificate" };
}

class Reader {
  readonly faults: Fault[] = [];
  readonly warnings: string[] = [];
  readonly #source: SourceDocument;

  constructor(source: SourceDocument) {
    this.#source = source;
  }

  /** The one server section of the file; a fault when there is none or more than one. */
  mode(value: Readonly<Record<string, unknown>>, unknown: readonly string[]): Mode | undefined {
    const present = redissonModes.filter(({ section }) => section in value);
    if (present.length === 1) return present[0];
    const names = redissonModes.map(({ section }) => section);
    const near = unknown.map((name) => nearest(name, names)).find((name) => name !== undefined);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    const found = present.length === 0 ? "no server section" : present.map(({ section }) => section).join(" and ");
    // A section that is there but at fault is reported already.
    const isThere = names.some((name) => this.#source.isWritten([name]));
    if (present.length > 1 || !isThere) this.#fault([], found, `one of ${names.join(", ")}${hint}`);
    return undefined;
  }

  settings(mode: Mode, server: Server): RedisResult["settings"] {
    const nodes = this.#nodes(mode, server as Record<string, unknown>);
    const first = nodes[0];
    if (mode.mode === "sentinel" && server.masterName === undefined) {
      this.#fault([mode.section, "masterName"], "nothing", "the name of the group that the sentinels watch");
    }
    const database = server.database ?? first?.database ?? 0;
    if (mode.mode === "cluster" && database !== 0)
      this.#fault([mode.section, "database"], `${database}`, "0 in a cluster");
    const isTls = nodes.some((node) => node.isTls);
    return {
      mode: mode.mode,
      nodes: nodes.map(({ host, port }) => ({ host, port })),
      ...given("masterName", server.masterName),
      ...given("username", server.username ?? first?.username),
      ...given("password", server.password ?? first?.password),
      ...given("sentinelUsername", server.sentinelUsername),
      ...given("sentinelPassword", server.sentinelPassword),
      database,
      ...(isTls ? { tls: this.#tls(mode, server) } : {}),
      ...given("clientName", server.clientName),
      connectTimeoutMs: server.connectTimeout ?? 2000,
      commandTimeoutMs: server.timeout ?? 1000,
    };
  }

  #nodes(mode: Mode, server: Readonly<Record<string, unknown>>): RedisNode[] {
    const written = [server[mode.address], mode.mode === "master-slave" ? server["slaveAddresses"] : []].flat();
    const portUnwritten = mode.mode === "sentinel" ? usualSentinelPort : undefined;
    const texts = written.filter((text) => typeof text === "string");
    const nodes = texts.map((text) => redissonNode(text, portUnwritten));
    const path = [mode.section, mode.address];
    if (server[mode.address] === undefined && !this.#source.isWritten(path)) {
      this.#fault(path, "nothing", "redis://host:port or rediss://host:port");
    }
    const read = nodes.filter((node) => node !== undefined);
    const encrypted = read.filter((node) => node.isTls).length;
    if (encrypted > 0 && encrypted < read.length) this.#fault(path, "redis:// beside rediss://", "one of the two");
    return read;
  }

  #tls(mode: Mode, server: Server): RedisTls {
    const directory = dirname(this.#source.file);
    const { sslTruststore, sslKeystore } = server;
    const readTrust = () =>
      sslTruststore === undefined
        ? undefined
        : readTrustStore({ name: sslTruststore, directory, password: server.sslTruststorePassword });
    const trust = readTrust();
    if (trust?.ok === false) this.#storeFault(mode, "sslTruststore", trust.allowed);
    const readPair = () =>
      sslKeystore === undefined
        ? undefined
        : fitting(readKeyStore({ name: sslKeystore, directory, password: server.sslKeystorePassword }));
    const pair = readPair();
    if (pair?.ok === false) this.#storeFault(mode, "sslKeystore", pair.allowed);
    const verification = server.sslVerificationMode ?? "STRICT";
    if (verification === "NONE") {
      this.warnings.push(
        `${this.#source.file}: sslVerificationMode NONE trusts whoever answers; use CA_ONLY or STRICT`,
      );
    }
    const settings = {
      ...given("ca", trust?.ok ? trust.value : undefined),
      ...(pair?.ok ? pair.value : {}),
      verifyHost: verification === "STRICT" && (server.sslEnableEndpointIdentification ?? true),
      verifyCertificate: verification !== "NONE",
    };
    return rereadable(settings, () => {
      const [trusted, own] = [readTrust(), readPair()];
      return {
        ...given("ca", trusted && readOrThrow(`${sslTruststore}`, trusted)),
        ...(own && readOrThrow(`${sslKeystore}`, own)),
      };
    });
  }

  #storeFault(mode: Mode, option: "sslTruststore" | "sslKeystore", allowed: string): void {
    const path = this.#source.isWritten([mode.section, option]) ? [mode.section, option] : [option];
    this.#fault(path, "a file that does not serve", allowed);
  }

  #fault(path: readonly string[], found: string, allowed: string): void {
    this.faults.push(faultAt(this.#source, path, { found, allowed }));
  }
}
