import { z } from "zod";
import { oneOf, shaped, text } from "../kinds.ts";
import { option, optional } from "../option.ts";

/** What a process may be called. */
export const processName = shaped(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  "1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit",
);

/** Section `settings`: what this process is. */
export const settingsSection = z.object({
  "app-name": option(text(), "DMS", "Application name; becomes `GCTI_DMS_AppName` in the interaction's user data."),
  "server-mode": optional(
    oneOf("single", "dispatcher", "worker"),
    "What the process is meant to do; selects nothing. The program that is started decides, and warns when this is another word, so leave it out of a file that several programs share.",
  ),
  "redis-client-config": optional(
    text("a file name, relative to this file"),
    "An existing Redisson YAML file; it is used unchanged. Without it, section `redis` counts.",
  ),
  name: optional(
    processName,
    "Name of the process in the registry, logs and metrics. Default: the host's name, else a generated one.",
  ),
  instance: optional(
    text(),
    "The platform's id of this instance (the pod's uid, say). A join with the same instance proves that the former process is gone, so set it only where the platform guarantees that.",
  ),
});
