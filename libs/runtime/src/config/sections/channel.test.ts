import { expect, test } from "vitest";
import { formatFaults } from "../fault.ts";
import { parseConfig } from "../load.ts";

function check(route: string) {
  const hub = "hub: { url: https://hub, client-id: dms, client-secret: s }";
  return parseConfig(`channel-whatsapp: { ${hub}, inbound-route: ${JSON.stringify(route)} }`, { env: {} });
}

test.each(["1:session-WA", "101:facebook_queue", "1:queue for the night", "1:inqueue,1:session-WA", "1:a, 2:b"])(
  "inbound-route: %s is taken as it stands",
  (route) => {
    const result = check(route);
    expect(result.ok && result.config.channels["whatsapp"]?.inboundRoute).toBe(route);
  },
);

test.each(["session", "session-WA:1", "1:", ":session-WA", "1:a,b", "1:a,1:b,1:c"])(
  "inbound-route: %s is a fault that says how one must be",
  (route) => {
    const result = check(route);
    expect(result.ok ? "no fault" : formatFaults(result.faults)).toMatch(
      /inbound-route: .*<tenant id>:<chat endpoint>, or two of them/,
    );
  },
);
