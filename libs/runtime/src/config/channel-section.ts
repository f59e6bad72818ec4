/** How the name of a channel's section begins. */
export const channelPrefix = "channel-";

/** The name of the channel whose section this is. */
export function channelOf(section: string): string {
  return section.slice(channelPrefix.length);
}
