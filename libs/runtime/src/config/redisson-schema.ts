import { z } from "zod";
import { flag, list, oneOf, secret, text, whole } from "./kinds.ts";
import { optional } from "./option.ts";
import { node } from "./redis-node.ts";

const about = "As in Redisson.";

/** Options that count here, in a server section or, as newer Redisson versions have it, at the top. */
export const redissonShared = {
  username: optional(text(), about),
  password: optional(secret(text()), about),
  database: optional(whole(0, 65_535), about),
  clientName: optional(text(), about),
  connectTimeout: optional(whole(1, 3_600_000), about),
  timeout: optional(whole(1, 3_600_000), about),
  sentinelUsername: optional(text(), about),
  sentinelPassword: optional(secret(text()), about),
  sslEnableEndpointIdentification: optional(flag(), about),
  sslVerificationMode: optional(oneOf("NONE", "CA_ONLY", "STRICT"), about),
  sslTruststore: optional(text("a file name or file: URL"), about),
  sslTruststorePassword: optional(secret(text()), about),
  sslKeystore: optional(text("a file name or file: URL"), about),
  sslKeystorePassword: optional(secret(text()), about),
};

const addresses = {
  address: optional(node(), about),
  nodeAddresses: optional(list(node(), 1), about),
  sentinelAddresses: optional(list(node(), 1), about),
  masterName: optional(text(), about),
  masterAddress: optional(node(), about),
  slaveAddresses: optional(list(node()), about),
};

const serverSection = z.exactOptional(z.object({ ...redissonShared, ...addresses }));

/** Each server section's name, with the mode that it stands for and the option that holds its addresses. */
export const redissonModes = [
  { section: "singleServerConfig", mode: "single", address: "address" },
  { section: "sentinelServersConfig", mode: "sentinel", address: "sentinelAddresses" },
  { section: "clusterServersConfig", mode: "cluster", address: "nodeAddresses" },
  { section: "masterSlaveServersConfig", mode: "master-slave", address: "masterAddress" },
  { section: "replicatedServersConfig", mode: "replicated", address: "nodeAddresses" },
] as const;

export const redissonSchema = z.object({
  ...redissonShared,
  ...Object.fromEntries(redissonModes.map(({ section }) => [section, serverSection])),
});
