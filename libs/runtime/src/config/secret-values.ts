import type { z } from "zod";
import { optionMeta } from "./option.ts";
import { channelSection, configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";
import { shapeOf } from "./shape.ts";

/** Every secret that the configuration holds, by value: a log takes them out wherever they turn up. */
export function secretValues(config: Config): string[] {
  const values = [
    ...secretsIn(configSchema, config as unknown as Readonly<Record<string, unknown>>),
    ...Object.values(config.channels).flatMap((channel) =>
      secretsIn(channelSection, channel as unknown as Readonly<Record<string, unknown>>),
    ),
    config.redis.password,
    config.redis.sentinelPassword,
    config.redis.tls?.key,
  ];
  return [...new Set(values.filter((value) => value !== undefined))];
}

function secretsIn(section: z.ZodObject, value: Readonly<Record<string, unknown>>): string[] {
  return shapeOf(section).flatMap(({ name, schema, section: inner }) => {
    const held = value[name];
    if (held === undefined) return [];
    if (inner) return secretsIn(inner, held as Readonly<Record<string, unknown>>);
    const texts = textsIn(held);
    return (optionMeta(schema)?.isSecret ?? false) ? texts : texts.flatMap(urlPasswords);
  });
}

/** An option may be a text, a list or a map of texts. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The password of a URL, as it is written and as it is sent. */
function urlPasswords(text: string): string[] {
  const password = text.includes("@") ? URL.parse(text)?.password : undefined;
  if (password === undefined || password === "") return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    // No percent code: it is sent as it is written.
    return [password];
  }
}
