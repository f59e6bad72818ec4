import type { Config } from "@dms/runtime";
import type { HubMockOptions } from "./options.ts";

/** The hub mock's options as section `hub-mock` has them. */
export function hubMockOptions({ hubMock }: Config): Omit<HubMockOptions, "clock" | "random" | "onError"> {
  const { channels, clientId, clientSecret, tokenSeconds, dataFile, seed } = hubMock;
  return {
    channels,
    clientId,
    clientSecret,
    tokenSeconds,
    ...(dataFile === undefined ? {} : { dataFile }),
    ...(seed === undefined ? {} : { seed }),
  };
}
