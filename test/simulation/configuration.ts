import { type Config, formatFaults, parseConfig } from "@dms/runtime";
import type { Plan } from "./plan.ts";

export const channel = "whatsapp";

/** The configuration of every process of a run, checked as a file would be. */
export function configurationOf(plan: Plan): Config {
  const { channel: channelOptions = {}, ...sections } = plan.options;
  const text = JSON.stringify({
    ...sections,
    redis: { url: "redis://127.0.0.1:1", ...sections["redis"] },
    cluster: { name: "sim", partitions: plan.partitions, durability: plan.durability, ...sections["cluster"] },
    chat: {
      servers: Array.from({ length: plan.chat.servers }, (_, i) => `http://127.0.0.1:${i + 1}/genesys`),
      ...sections["chat"],
    },
    [`channel-${channel}`]: {
      hub: { url: "http://127.0.0.1:9", "client-id": "dms", "client-secret": "secret", "timeout-ms": 1000 },
      "inbound-media": "whatsappsession",
      ...channelOptions,
    },
  });
  const loaded = parseConfig(text, { env: {}, needs: ["channels", "chat"] });
  if (!loaded.ok) throw new Error(`the plan's options are not a configuration:\n${formatFaults(loaded.faults)}`);
  return loaded.config;
}
