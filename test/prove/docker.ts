import { fileURLToPath } from "node:url";
import { freePort, until } from "@dms/testkit";
import { endPlainly, run, wordsOf } from "./command.ts";
import { MemberLogs } from "./member-logs.ts";
import { Proof } from "./proof.ts";

/*
 * npm run prove:docker: builds every image, runs docker-compose.yml with three workers under traffic, kills a process, a
 * container and Redis, scales and stops, takes everything down, and judges by the ledgers. Prometheus and Grafana stay out
 * (profile `watch`): they prove nothing about conversations.
 *
 * DMS_COMPOSE     the command, when neither `docker compose` nor `docker-compose` is the right one
 * DMS_BUILD_BASE  image with an npm cache, for machines without a network (deploy/Dockerfile)
 */
endPlainly();
const root = fileURLToPath(new URL("../..", import.meta.url));
const project = "dms-proof";
const [hubPort, chatPort, redisPort] = [await freePort(), await freePort(), await freePort()];
const env = {
  DOCKER_BUILDKIT: "1",
  COMPOSE_DOCKER_CLI_BUILD: "1",
  DMS_VERSION: "proof",
  DMS_HUB_PORT: String(hubPort),
  DMS_CHAT_PORT: String(chatPort),
  DMS_REDIS_PORT: String(redisPort),
};

const composeCommand = await findCompose();
const compose = (...args: string[]): Promise<string> =>
  run([...composeCommand, "--project-directory", root, "-f", `${root}/docker-compose.yml`, "-p", project, ...args], {
    env,
  });
const docker = (...args: string[]): Promise<string> => run(["docker", ...args], { env });

async function findCompose(): Promise<string[]> {
  const given = wordsOf("DMS_COMPOSE", "");
  if (given.length > 0) return given;
  const isPlugin = await run(["docker", "compose", "version"]).then(
    () => true,
    () => false,
  );
  return isPlugin ? ["docker", "compose"] : ["docker-compose"];
}

async function containersOf(...services: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const service of services) {
    const filters = [`label=com.docker.compose.project=${project}`, `label=com.docker.compose.service=${service}`];
    found.push(...(await docker("ps", "-q", ...filters.flatMap((each) => ["--filter", each]))).split("\n"));
  }
  return found.filter((id) => id !== "");
}

async function scale(workers: number): Promise<void> {
  await compose("up", "-d", "--no-build", "--no-recreate", "--scale", `worker=${workers}`, "--scale", "dispatcher=2");
  await until(async () => (await healthy("worker")) === workers && (await healthy("dispatcher")) === 2, {
    timeoutMs: 120_000,
    everyMs: 500,
    describe: () => `not ${workers} healthy workers`,
  });
}

async function healthy(service: string): Promise<number> {
  const filters = [
    `label=com.docker.compose.project=${project}`,
    `label=com.docker.compose.service=${service}`,
    "health=healthy",
  ];
  return (await docker("ps", "-q", ...filters.flatMap((each) => ["--filter", each]))).split("\n").filter(Boolean)
    .length;
}

async function exitCode(container: string): Promise<number> {
  return Number(await docker("inspect", "-f", "{{.State.ExitCode}}", container));
}

/** Builds the images of the compose file, and the one that it does not use. */
async function build(proof: Proof): Promise<void> {
  const startedAt = Date.now();
  await compose("build");
  const args = ["BUILD_BASE", "BASE"].flatMap((name) => {
    const value = process.env[`DMS_${name}`];
    return value === undefined ? [] : ["--build-arg", `${name}=${value}`];
  });
  await docker(
    "build",
    "-f",
    `${root}/deploy/Dockerfile`,
    "--build-arg",
    "APP=single",
    ...args,
    "-t",
    "dms/single:proof",
    root,
  );
  proof.say(`five images built in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  for (const app of ["dispatcher", "worker", "single", "hub-mock", "chat-mock"]) {
    const [size, user, layer] = [
      await docker("inspect", "-f", "{{.Size}}", `dms/${app}:proof`),
      await docker("inspect", "-f", "{{.Config.User}}", `dms/${app}:proof`),
      (await docker("history", "--format", "{{.Size}} {{.CreatedBy}}", "--no-trunc", `dms/${app}:proof`)).match(
        /^(\S+) COPY \/app/m,
      )?.[1],
    ];
    proof.say(`dms/${app}: ${(Number(size) / 1e6).toFixed(0)} MB, of which ours ${layer}; user ${user.trim()}`);
    const help = await docker(
      "run",
      "--rm",
      "--network",
      "none",
      "--read-only",
      "--cap-drop",
      "ALL",
      `dms/${app}:proof`,
      "--help",
    );
    if (!help.startsWith(`Usage: ${app}`)) proof.fault(`dms/${app} does not start on a read-only root`);
  }
}

/** The process in the container that the supervisor started: its parent is process 1. */
const killChild = `const fs = require("node:fs");
for (const pid of fs.readdirSync("/proc").filter((each) => /^\\d+$/.test(each)))
  try { if (fs.readFileSync("/proc/" + pid + "/stat", "utf8").split(") ")[1].split(" ")[1] === "1" && fs.readFileSync("/proc/" + pid + "/cmdline", "utf8").includes("src/main.ts")) process.kill(Number(pid), "SIGKILL"); } catch {}`;

async function hurt(proof: Proof): Promise<void> {
  await proof.step("kill -9 of a worker's process, its supervisor lives", { isPlanned: false }, async () => {
    const [victim = ""] = await containersOf("worker");
    await docker("exec", victim, "node", "-e", killChild);
    return "started again by its supervisor";
  });
  await proof.step("kill of a worker's container", { isPlanned: false }, async () => {
    // Not the one of the step before: it has few conversations yet.
    const victim = (await containersOf("worker")).at(-1) ?? "";
    await docker("kill", victim);
    await proof.flow(100);
    await docker("start", victim);
    return "three workers again";
  });
  await proof.step("kill of Redis, down for 3 s", { isPlanned: false }, async () => {
    const [redis = ""] = await containersOf("redis");
    await docker("kill", redis);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await docker("start", redis);
    return "its file was read again";
  });
  await proof.step("kill of the container of a dispatcher", { isPlanned: false }, async () => {
    const [victim = ""] = await containersOf("dispatcher");
    await docker("kill", victim);
    await proof.flow(50);
    await docker("start", victim);
    return "two dispatchers again";
  });
}

async function move(proof: Proof): Promise<void> {
  await proof.step("scale workers from 3 to 5", { isPlanned: true }, async () => {
    await scale(5);
    return "five healthy";
  });
  await proof.step("stop a worker (SIGTERM)", { isPlanned: true }, async () => {
    const [victim = ""] = await containersOf("worker");
    const startedAt = Date.now();
    await docker("stop", "-t", "40", victim);
    const code = await exitCode(victim);
    if (code !== 0) proof.fault(`the worker stopped with exit code ${code}`);
    return `exit code ${code} after ${Date.now() - startedAt} ms`;
  });
  await proof.step("scale workers to 2", { isPlanned: true }, async () => {
    await scale(2);
    return "two healthy";
  });
}

async function takeDown(proof: Proof): Promise<void> {
  const startedAt = Date.now();
  const members = await containersOf("worker", "dispatcher");
  await compose("stop");
  for (const member of members) {
    const code = await exitCode(member);
    if (code !== 0) proof.fault(`container ${member} stopped with exit code ${code}`);
  }
  await compose("down", "-v");
  const left = await docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${project}`);
  if (left.trim() !== "") proof.fault(`containers are left: ${left}`);
  proof.say(`taken down in ${((Date.now() - startedAt) / 1000).toFixed(1)} s, nothing left`);
}

const logs = new MemberLogs({
  list: () => containersOf("worker", "dispatcher"),
  command: (id) => ["docker", "logs", "-f", id],
});
const proof = new Proof({ cluster: "compose", logs, tally: logs });
let isProved = false;
try {
  await build(proof);
  await scale(3);
  logs.start();
  proof.watch({
    hubUrl: `http://127.0.0.1:${hubPort}`,
    chatUrl: `http://127.0.0.1:${chatPort}`,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
  });
  await proof.startTraffic();
  proof.say("traffic flows through three workers");
  await hurt(proof);
  await move(proof);
  await proof.judge();
  await takeDown(proof);
  isProved = proof.conclude();
} finally {
  logs.stop();
  await compose("down", "-v", "--timeout", "1").catch(() => undefined);
}
process.exit(isProved ? 0 : 1);
