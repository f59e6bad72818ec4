import { channelNamePattern } from "@dms/protocol";
import { type Clock, DmsError, type Random } from "@dms/runtime";

/** What a hub mock is made of. Everything optional has the default named at its line. */
export interface HubMockOptions {
  clock: Clock;
  /** Source of access tokens and of the names of traffic runs; all other chance comes from `seed`. */
  random: Random;
  /** Channels that exist; any other is 404. */
  channels: readonly string[];
  clientId: string;
  clientSecret: string;
  /** Lifetime of an access token; 3600. */
  tokenSeconds?: number;
  /** File from which the mock rebuilds itself after its own death; without it everything lives in memory only. */
  dataFile?: string;
  /** Seed of injected faults, sequence gaps and traffic; 1. */
  seed?: number;
  /** A message's sequence grows by 1 to this much: 1 is a log without gaps. */
  sequenceStepMax?: number;
  /** Largest body of a request other than an upload; 1 MiB. */
  bodyBytesMax?: number;
  /** Largest file; 16 MiB. */
  mediaBytesMax?: number;
  /** All files together; 256 MiB. */
  mediaTotalBytesMax?: number;
  /** A fetch gives fewer messages than `limit` once their JSON has this many characters (but at least one); 8 Mi. */
  batchCharactersMax?: number;
  /** Fetches that may wait at once, over all channels; one more is 429. 1000. */
  waitersMax?: number;
  /** Told of every answer 500, which is a fault of the mock itself. */
  onError?: (error: unknown) => void;
}

export type HubMockSettings = Required<Omit<HubMockOptions, "dataFile">> & Pick<HubMockOptions, "dataFile">;

const mebibyte = 1024 * 1024;

/** Fills in the defaults; throws `DMS_HUB_MOCK_OPTIONS_INVALID` for what cannot work. */
export function completeOptions(options: HubMockOptions): HubMockSettings {
  const settings: HubMockSettings = {
    tokenSeconds: 3600,
    seed: 1,
    sequenceStepMax: 1,
    bodyBytesMax: mebibyte,
    mediaBytesMax: 16 * mebibyte,
    mediaTotalBytesMax: 256 * mebibyte,
    batchCharactersMax: 8 * mebibyte,
    waitersMax: 1000,
    onError: () => undefined,
    ...options,
  };
  const badChannels = settings.channels.filter((name) => !channelNamePattern.test(name));
  const faults = [
    settings.channels.length === 0 && "channels: name at least one",
    badChannels.length > 0 && `channels: ${badChannels.join(", ")} is no channel name (a-z, 0-9 and -, at most 63)`,
    settings.clientId === "" && "clientId: must not be empty",
    settings.clientSecret === "" && "clientSecret: must not be empty",
    !(settings.tokenSeconds > 0) && "tokenSeconds: must be more than 0",
    !(settings.sequenceStepMax >= 1) && "sequenceStepMax: must be 1 or more",
  ].filter((fault) => fault !== false);
  if (faults.length > 0) {
    throw new DmsError("DMS_HUB_MOCK_OPTIONS_INVALID", `hub mock cannot start: ${faults.join("; ")}`);
  }
  return settings;
}
