import type { Path } from "./fault.ts";

/**
 * Options that DMS has and that mean nothing here: a channel section can be taken over as it is. They are accepted and
 * named in one warning. Names from the public option lists of DMS, its sample driver and the framework's log section.
 */
const channelOptions = new Set([
  "driver-classname",
  "inbound-route-by-call",
  "inbound-route-default",
  "reconnection-timeout",
  "subject-size",
  "ucs-in-use",
  "ucs-request-timeout",
  "sampling-period",
  "messages-create-max",
  "itx-submit-timeout",
  "itx-resubmit-delay",
  "itx-resubmit_attempts",
  "itx-resubmit-attempts",
]);

const logOptions = new Set([
  "check-point",
  "compatible-output-priority",
  "expire",
  "keep-startup-file",
  "log4j2-config-profile",
  "memory",
  "memory-storage-size",
  "message-format",
  "message_format",
  "messagefile",
  "print-attributes",
  "segment",
  "spool",
  "time-convert",
  "time_convert",
]);

/** All of them that have a name of their own, by section. */
export const dmsOptions = { "channel-<name>": channelOptions, log: logOptions } as const;

/** Whether an unknown name is one of DMS's. A section `<channel>-monitor` is a monitor of its, unless it has a hub. */
export function isDmsOption(path: Path): boolean {
  const [section, name] = path.map(String);
  if (section === undefined) return false;
  if (name === undefined) return section.endsWith("-monitor") || section.startsWith("x-") || section === "log-extended";
  if (path.length > 2) return false;
  if (section.startsWith("channel-")) return channelOptions.has(name) || /^(x|qry)-/.test(name);
  return section === "log" && (logOptions.has(name) || name.startsWith("x-"));
}
