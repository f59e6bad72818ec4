import { channelOf, channelPrefix } from "./channel-section.ts";
import { faultAt } from "./check.ts";
import type { Checked } from "./check.ts";
import type { Fault } from "./fault.ts";
import { shownValue } from "./redaction.ts";
import type { SourceDocument } from "./source-document.ts";

/** One spelling for all of an address: the host in small letters, no port that the scheme has anyway, no slash at the end. */
function plainAddress(url: string): string {
  return (URL.parse(url)?.href ?? url).replace(/\/+$/, "");
}

/** Two channels that fetch the same log would each take every message of it. */
export function sharedLogFaults(checked: Checked, source: SourceDocument): Fault[] {
  const sections = new Map<string, string>();
  return Object.keys(checked.value).flatMap((section) => {
    if (!section.startsWith(channelPrefix)) return [];
    const { hub } = (checked.value[section] ?? {}) as { hub?: { url?: string; "channel-id"?: string } };
    if (hub?.url === undefined) return [];
    const id = hub["channel-id"] ?? channelOf(section);
    const log = `${plainAddress(hub.url)} ${id}`;
    const other = sections.get(log);
    sections.set(log, other ?? section);
    if (other === undefined) return [];
    const found = `the log of section ${other} (channel-id ${id})`;
    return [faultAt(source, [section, "hub"], { found, allowed: "another hub or channel-id for each channel" })];
  });
}

/** A server that is named twice would be tried twice before another one, and be counted as a second one. */
export function repeatedServerFaults(checked: Checked, source: SourceDocument): Fault[] {
  const { servers = [] } = (checked.value["chat"] ?? {}) as { servers?: string[] };
  const addresses = servers.map(plainAddress);
  return servers.flatMap((server, place) => {
    const first = addresses.indexOf(addresses[place] ?? "");
    if (first === place) return [];
    const found = `${shownValue(server)}, the same as chat.servers[${first}]`;
    return [faultAt(source, ["chat", "servers", place], { found, allowed: "each server once" })];
  });
}
