import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linkFaults, openPodFaults } from "./rules/links.ts";
import { memberFaults, metricFaults } from "./rules/members.ts";
import { podSecurityFaults } from "./rules/pod-security.ts";
import { typeFaults } from "./schema/type-faults.ts";
import { registeredMetrics, renderings, root, servedPaths } from "./manifests.ts";

test("manifests: every component is in a rendering that the rules are applied to", () => {
  const used = new Set(renderings.flatMap(({ components }) => components));
  expect([...used].toSorted()).toEqual(readdirSync(join(root, "k8s/components")).toSorted());
});

describe.each(renderings)("manifests: overlay $name", ({ resources, promised }) => {
  test("every object is as Kubernetes declares it", () => {
    expect(resources.flatMap(typeFaults)).toEqual([]);
  });

  test("every ConfigMap, Secret, port and selector leads somewhere", () => {
    expect(linkFaults(resources, promised)).toEqual([]);
  });

  test("Pod Security restricted holds for every pod", () => {
    expect(resources.flatMap(podSecurityFaults)).toEqual([]);
  });

  test("configuration, probes, drain deadlines and budgets are those of the code", () => {
    expect(memberFaults(resources, { promised, served: servedPaths })).toEqual([]);
  });

  test("autoscalers ask for metrics that exist", () => {
    expect(metricFaults(resources, registeredMetrics)).toEqual([]);
  });

  test("NetworkPolicies bound every pod", () => {
    expect(openPodFaults(resources)).toEqual([]);
  });
});
