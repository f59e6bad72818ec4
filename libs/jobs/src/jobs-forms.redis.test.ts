import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority, type ServerTls, startRedisCluster, startSentinelSet } from "@dms/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { jobTour } from "./testing/job-tour.ts";

// All that we do with jobs, over the forms of Redis that open their connections in another way, with TLS and client certificates.

const dir = mkdtempSync(join(tmpdir(), "dms-jobs-"));
let tls: ServerTls;

beforeAll(() => {
  const authority = makeAuthority(join(dir, "ours"));
  const own = authority.issue("server", { hosts: ["127.0.0.1"] });
  tls = { ca: authority.ca, ...own, client: authority.issue("client") };
}, 60_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("Redis Cluster with TLS: jobs of every fate", async () => {
  const form = await startRedisCluster({ primaries: 3, replicasEach: 0, server: { tls } });
  try {
    await jobTour(form);
  } finally {
    await form.close();
  }
}, 120_000);

test("sentinels with TLS: jobs of every fate, before and after a fail-over", async () => {
  const form = await startSentinelSet({ replicas: 1, sentinels: 1, server: { tls } });
  try {
    await jobTour(form);
    await form.failOver();
    await jobTour(form);
  } finally {
    await form.close();
  }
}, 120_000);
