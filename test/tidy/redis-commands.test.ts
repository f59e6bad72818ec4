import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  aclFile,
  commandFaults,
  grantFaults,
  type RedisCommand,
  redisCommands,
  versionFaults,
} from "./redis-commands.ts";
import { repository } from "./repository.ts";

const acl = readFileSync(fileURLToPath(new URL(`../../${aclFile}`, import.meta.url)), "utf8");

test("redis: scripts and client send the commands of the table, and no others", () => {
  expect(commandFaults(repository)).toEqual([]);
});

test("redis: every command is in Redis 7.0", () => {
  expect(versionFaults()).toEqual([]);
});

test("redis: the ACL and the document name exactly the commands that are sent", () => {
  expect(grantFaults(repository, acl)).toEqual([]);
});

test("redis: each kind of fault is seen", () => {
  const planted = [
    { path: "libs/streams/src/transitions/x.lua", text: "redis.call('FLUSHALL')" },
    { path: "libs/streams/src/x.ts", text: 'void link.commands.call("xautoclaim"); void wire.call(key, "lpos", key);' },
    {
      path: "libs/streams/src/y.ts",
      text: 'const b = { command: "waitaof" }; client.call("config", "set"); x.ssubscribe(c);',
    },
  ];
  const faults = commandFaults(planted, new Map());
  for (const command of ["flushall", "xautoclaim", "lpos", "waitaof", "config|set", "ssubscribe"]) {
    expect(faults.filter((fault) => fault.includes(`${command} is no command of ours`))).toHaveLength(1);
  }
  const table = new Map<string, RedisCommand>([
    ["lpos", { since: "6.0.6", by: "client" }],
    ["hexpire", { since: "7.4", by: "scripts" }],
    ["bzmpop", { since: "7.0", by: "jobs" }],
  ]);
  expect(versionFaults(table)).toEqual(["hexpire needs Redis 7.4: we promise 7.0"]);
  expect(commandFaults([], table)).toHaveLength(2);
  const rows = "| `bzmpop` | 7.0 | j |\n| `lpos` | 6.0 | a |\n| `get` | 1.0 | b |\n| `none` | nothing |\n";
  const document = { path: "docs/redis.md", text: rows };
  expect(grantFaults([document], "user x +lpos +keys (-@all +rpush)", table)).toEqual([
    "deploy/redis/dms.acl: add +hexpire",
    "deploy/redis/dms.acl: remove +keys",
    "deploy/redis/dms.acl: add +bzmpop in the brackets, for jobs",
    "deploy/redis/dms.acl: remove +rpush in the brackets, for jobs",
    "docs/redis.md: add a row for hexpire",
    "docs/redis.md: remove a row for get",
    "docs/redis.md: lpos is since 6.0.6",
  ]);
  expect(redisCommands.size).toBeGreaterThan(30);
});
