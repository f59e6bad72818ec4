import { type Clock, DmsError, type Random } from "@dms/runtime";
import { type AgentOptions, agentDefaults, agentOptionsSchema } from "./agents/agent-options.ts";

/** Limits of c.4, per session. Sizes are in bytes (the real unit is undocumented). */
export interface FileLimits {
  filesMax: number;
  fileBytesMax: number;
  totalBytesMax: number;
  /** An upload needs an agent in the session. */
  needsAgent: boolean;
  /** File name endings without the dot; empty allows every one. */
  types: readonly string[];
  downloadsMax: number;
  isDeleteAllowed: boolean;
}

/** What a chat mock is made of. Everything optional has the default named at its line. */
export interface ChatMockOptions {
  clock: Clock;
  /** Source of ids and keys; all other chance comes from `seed`. */
  random: Random;
  /** Name of this chat server among those of its store; "chat". */
  serverName?: string;
  /** Sqlite file that several servers share; without it everything lives in memory only. */
  storeFile?: string;
  /** Path before `/2/chat`; "/genesys". */
  basePath?: string;
  /** Services that exist; any other is an HTTP 404. Without it every name is one. */
  services?: readonly string[];
  /** Seed of faults, alias changes and agents; 1. */
  seed?: number;
  /** A session without a protocol request for so long is ended by "idle-client"; 45,000. */
  flexDisconnectMs?: number;
  /** A session without a message or file for so long is ended by "idle"; 0 is never, the default. */
  inactivityMs?: number;
  /** For so long an ended session's transcript can still be read; 600,000. */
  endedKeepMs?: number;
  /** Whether a request changes the session's alias, besides every restoration; 0. */
  aliasChangeProbability?: number;
  /** A restoration drops notices and typing events from the transcript and renumbers the rest; false. */
  renumberOnRestore?: boolean;
  /** How agents behave as long as nobody changes it at run time; see `agentDefaults`. */
  agents?: Partial<AgentOptions>;
  fileLimits?: Partial<FileLimits>;
  /** Largest body of a request, a file included; 32 MiB. */
  bodyBytesMax?: number;
  /** How often agents and idle sessions are looked at; 50. */
  tickMs?: number;
  /** Told of every answer 500 and every failed tick, which are faults of the mock itself. */
  onError?: (error: unknown) => void;
}

export type ChatMockSettings = Required<Omit<ChatMockOptions, "storeFile" | "services" | "agents" | "fileLimits">> & {
  storeFile: string | null;
  services: readonly string[] | null;
  agents: AgentOptions;
  fileLimits: FileLimits;
};

const mebibyte = 1024 * 1024;

const fileLimitDefaults: FileLimits = {
  filesMax: 100,
  fileBytesMax: 16 * mebibyte,
  totalBytesMax: 128 * mebibyte,
  needsAgent: false,
  types: [],
  downloadsMax: 1000,
  isDeleteAllowed: true,
};

/** Fills in the defaults; throws `DMS_CHAT_MOCK_OPTIONS_INVALID` for what cannot work. */
export function completeOptions(options: ChatMockOptions): ChatMockSettings {
  const settings: ChatMockSettings = {
    serverName: "chat",
    basePath: "/genesys",
    seed: 1,
    flexDisconnectMs: 45_000,
    inactivityMs: 0,
    endedKeepMs: 600_000,
    aliasChangeProbability: 0,
    renumberOnRestore: false,
    bodyBytesMax: 32 * mebibyte,
    tickMs: 50,
    onError: () => undefined,
    ...options,
    storeFile: options.storeFile ?? null,
    services: options.services ?? null,
    agents: { ...agentDefaults, ...options.agents },
    fileLimits: { ...fileLimitDefaults, ...options.fileLimits },
  };
  const faults = faultsOf(settings);
  if (faults.length > 0) {
    throw new DmsError("DMS_CHAT_MOCK_OPTIONS_INVALID", `chat mock cannot start: ${faults.join("; ")}`);
  }
  return settings;
}

function faultsOf(settings: ChatMockSettings): string[] {
  const agents = agentOptionsSchema.safeParse(settings.agents);
  const agentFaults = agents.success
    ? []
    : agents.error.issues.map((issue) => `agents.${issue.path.join(".")}: ${issue.message}`);
  return [
    settings.serverName === "" && "serverName: must not be empty",
    settings.basePath !== "" &&
      !/^\/.*[^/]$/.test(settings.basePath) &&
      "basePath: begins with / and does not end with it",
    !(settings.flexDisconnectMs > 0) && "flexDisconnectMs: must be more than 0",
    !(settings.inactivityMs >= 0) && "inactivityMs: must be 0 or more",
    !(settings.aliasChangeProbability >= 0 && settings.aliasChangeProbability <= 1) &&
      "aliasChangeProbability: must be from 0 to 1",
    !(settings.tickMs > 0) && "tickMs: must be more than 0",
    ...agentFaults,
  ].filter((fault) => fault !== false);
}
