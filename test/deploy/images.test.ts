import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { composeFaults, readCompose } from "./compose.ts";
import { dockerfileFaults, fileRules } from "./dockerfile.ts";
import { at, listAt } from "./kustomize/resource.ts";
import { root } from "./manifests.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const dockerfile = read("deploy/Dockerfile");
const composeText = read("docker-compose.yml");

test("image: the Dockerfile keeps every rule", () => {
  expect(dockerfileFaults(dockerfile)).toEqual([]);
});

test.each<[string, RegExp, string]>([
  [fileRules[0]?.says ?? "", /^/, "# syntax=docker/dockerfile:1\n"],
  [fileRules[1]?.says ?? "", /COPY LICENSE .*/, "RUN cat <<EOF"],
  [fileRules[2]?.says ?? "", /FROM \$\{BASE\}/, "FROM node:latest"],
  [fileRules[3]?.says ?? "", /npm ci --omit=dev/, "npm install"],
  [fileRules[4]?.says ?? "", /COPY LICENSE/, "ADD https://x.test/LICENSE"],
  [fileRules[5]?.says ?? "", /EXPOSE 4100/, "RUN id"],
  [fileRules[6]?.says ?? "", /USER 1000:1000\nWORKDIR/, "USER node\nWORKDIR"],
  [fileRules[7]?.says ?? "", /ENTRYPOINT .*/, "ENTRYPOINT node src/main.ts"],
  [fileRules[8]?.says ?? "", /CMD \["--config.*/, "CMD --config /etc/dms/dms.yaml"],
  [fileRules[9]?.says ?? "", /HEALTHCHECK .*/, "HEALTHCHECK CMD curl -f http://127.0.0.1:4100/livez"],
  [fileRules[10]?.says ?? "", /org.opencontainers.image.licenses/, "licenses"],
  [fileRules[11]?.says ?? "", /NODE_ENV=production/, "NODE_ENV=development"],
  [fileRules[12]?.says ?? "", /ARG CREATED=/, "ARG CREATED=1970-01-01T00:00:00Z"],
  [fileRules[12]?.says ?? "", /ARG SOURCE=/, "ARG SOURCE=https://example.com/dms"],
  [fileRules[12]?.says ?? "", /"\$\{REVISION\}"/, '"main"'],
])('image: planted against "%s", that rule and no other is broken', (says, from, to) => {
  // The first USER is the build's; the rule looks at the last stage.
  const planted = dockerfile.replace(/(USER 1000:1000\n)(# The working folder[^\n]*\n)/, "$1").replace(from, to);
  expect(planted).not.toBe(dockerfile);
  expect(dockerfileFaults(planted)).toEqual([`deploy/Dockerfile: ${says}`]);
});

test("image: the label's version is the workspace's, and the health check's file is there", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  expect(dockerfile).toContain(`ARG VERSION=${version}\n`);
  expect(existsSync(join(root, "libs/runtime/src/health-check.ts"))).toBe(true);
  for (const app of /^# APP +(.*)$/m.exec(dockerfile)?.[1]?.split(/, | or /) ?? [])
    expect(readdirSync(join(root, "apps"))).toContain(app);
});

test("compose: the file keeps the specification, its links lead somewhere, its configuration is good", () => {
  expect(composeFaults(readCompose(composeText), root)).toEqual([]);
});

test.each<[string, string, string, RegExp]>([
  [
    "an unknown field",
    'restart: unless-stopped\n    volumes: ["redis',
    'restrat: unless-stopped\n    volumes: ["redis',
    /must NOT have additional properties/,
  ],
  ["a wrong type", "profiles: [watch]\n    image: prom", "profiles: watch\n    image: prom", /must be array/],
  ["a dependency on nobody", "depends_on: [prometheus]", "depends_on: [prometheos]", /grafana: depends on prometheos/],
  ["a file that is not there", "./deploy/prometheus:", "./deploy/prometeus:", /mounts \.\/deploy\/prometeus/],
  ["a volume that is not there", '"hub:/data"', '"hob:/data"', /mounts hob/],
  [
    "a port open to the network",
    "127.0.0.1:${DMS_HUB_PORT:-4010}",
    "${DMS_HUB_PORT:-4010}",
    /hub: publishes 4010:4100/,
  ],
  [
    "a stop shorter than the drain",
    "stop_grace_period: 45s",
    "stop_grace_period: 20s",
    /stop_grace_period is 20 s: a drain and its stop may take 43/,
  ],
  ["an app that is not there", "APP: worker", "APP: wroker", /there is no app wroker/],
  ["a root that can be written", "read_only: true", "read_only: false", /read_only must be true/],
])("compose: planted %s is caught", (_what, from, to, expected) => {
  expect(composeText).toContain(from);
  expect(composeFaults(readCompose(composeText.replace(from, to)), root).join("\n")).toMatch(expected);
});

test("compose: Prometheus asks services that exist, at the port that they serve, and reads our rules", () => {
  const services = Object.keys(readCompose(composeText)["services"] as object);
  const config: unknown = parse(read("deploy/prometheus/prometheus.yml"));
  const [job] = listAt(config, "scrape_configs");
  const [names] = listAt(job, "dns_sd_configs");
  expect(services).toEqual(expect.arrayContaining(listAt(names, "names")));
  expect(at(names, "port")).toBe(4100);
  expect(listAt(config, "rule_files")).toEqual(["/etc/prometheus/rules/*.yml"]);
});
