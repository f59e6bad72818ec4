import { expect, test } from "vitest";
import type { Operation } from "../kustomize/kustomization.ts";
import { applyOperations } from "../kustomize/patch.ts";
import type { Resource } from "../kustomize/resource.ts";
import { renderings } from "../manifests.ts";
import { podRules, podSecurityFaults } from "./pod-security.ts";

const pod = "/spec/template/spec";
const container = `${pod}/containers/0`;
const host = { host: "192.0.2.1", port: 4100 };
const add = (path: string, value: unknown): Operation => ({ op: "add", path, value });
const remove = (path: string): Operation => ({ op: "remove", path });
const ofPod = (field: string, value: unknown): Operation => add(`${pod}/securityContext/${field}`, value);
const ofContainer = (field: string, value: unknown): Operation => add(`${container}/securityContext/${field}`, value);
const inAnnotation = (profile: string): Operation =>
  add("/spec/template/metadata/annotations", { "container.apparmor.security.beta.kubernetes.io/worker": profile });

/** Each with the rule that it breaks, in the order of the standard's tables: baseline, restricted, ours. */
const breaches: [rule: string, breach: string, Operation[]][] = [
  ["HostProcess", "in the pod", [ofPod("windowsOptions", { hostProcess: true })]],
  ["HostProcess", "in the container", [ofContainer("windowsOptions", { hostProcess: true })]],
  ["Host namespaces", "the network", [add(`${pod}/hostNetwork`, true)]],
  ["Host namespaces", "the processes", [add(`${pod}/hostPID`, true)]],
  ["Host namespaces", "the messages", [add(`${pod}/hostIPC`, true)]],
  ["Privileged containers", "one", [ofContainer("privileged", true)]],
  ["Capabilities", "one more", [ofContainer("capabilities/add", ["NET_ADMIN"])]],
  ["Capabilities", "one kept", [ofContainer("capabilities/drop", ["NET_RAW"])]],
  ["Host ports", "one", [add(`${container}/ports/0/hostPort`, 4100)]],
  ["Host probes and lifecycle hooks", "a probe by HTTP", [add(`${container}/livenessProbe/httpGet/host`, "192.0.2.1")]],
  ["Host probes and lifecycle hooks", "a probe by TCP", [add(`${container}/readinessProbe`, { tcpSocket: host })]],
  [
    "Host probes and lifecycle hooks",
    "a hook by HTTP",
    [add(`${container}/lifecycle`, { preStop: { httpGet: host } })],
  ],
  [
    "Host probes and lifecycle hooks",
    "a hook by TCP",
    [add(`${container}/lifecycle`, { postStart: { tcpSocket: host } })],
  ],
  ["AppArmor", "in the pod", [ofPod("appArmorProfile", { type: "Unconfined" })]],
  ["AppArmor", "in the container", [ofContainer("appArmorProfile", { type: "Unconfined" })]],
  ["AppArmor", "in an annotation", [inAnnotation("unconfined")]],
  [
    "AppArmor",
    "in the pod, though its container is confined",
    [ofPod("appArmorProfile", { type: "Unconfined" }), ofContainer("appArmorProfile", { type: "RuntimeDefault" })],
  ],
  ["SELinux", "a type", [ofPod("seLinuxOptions", { type: "spc_t" })]],
  ["SELinux", "a user", [ofContainer("seLinuxOptions", { user: "system_u" })]],
  ["SELinux", "a role", [ofPod("seLinuxOptions", { type: "container_t", role: "system_r" })]],
  ["/proc mount type", "all of it", [ofContainer("procMount", "Unmasked")]],
  ["Sysctls", "one that is not safe", [ofPod("sysctls", [{ name: "kernel.msgmax", value: "1" }])]],
  ["Volume types", "of the host", [add(`${pod}/volumes/-`, { name: "x", hostPath: { path: "/" } })]],
  ["Privilege escalation", "not forbidden", [remove(`${container}/securityContext/allowPrivilegeEscalation`)]],
  ["Running as non-root", "not asked for", [remove(`${pod}/securityContext/runAsNonRoot`)]],
  ["Running as non-root", "not for the pod", [ofPod("runAsNonRoot", false), ofContainer("runAsNonRoot", true)]],
  ["Running as non-root user", "root", [ofPod("runAsUser", 0)]],
  ["Running as non-root user", "root in the pod", [ofPod("runAsUser", 0), ofContainer("runAsUser", 1000)]],
  ["Running as non-root user", "nobody named", [remove(`${pod}/securityContext/runAsUser`)]],
  ["Seccomp", "none", [ofPod("seccompProfile", { type: "Unconfined" })]],
  ["Seccomp", "not asked for", [remove(`${pod}/securityContext/seccompProfile`)]],
  ["Seccomp", "none in the container", [ofContainer("seccompProfile", { type: "Unconfined" })]],
  ["Read-only root (ours)", "not", [ofContainer("readOnlyRootFilesystem", false)]],
  ["No token (ours)", "one", [add(`${pod}/automountServiceAccountToken`, true)]],
  ["Bounded memory (ours)", "no limit", [remove(`${container}/resources/limits`)]],
];

function worker(...operations: Operation[]): Resource {
  const { resources } = structuredClone(renderings.find(({ name }) => name === "demo") ?? { resources: [] });
  const found = resources.find((each) => each.kind === "Deployment" && each.metadata.name === "worker");
  if (found === undefined) throw new Error("the demo has no worker");
  applyOperations(found, operations);
  return found;
}

test("pod security: each control is a rule, and each rule has a breach", () => {
  const broken = breaches.map(([rule]) => rule);
  expect(podRules.map(({ name }) => name).toSorted()).toEqual([...new Set(broken)].toSorted());
});

test.each(breaches)("pod security: a breach of %s, %s, is caught, by that rule and no other", (rule, _what, breach) => {
  expect(podSecurityFaults(worker(...breach))).toEqual([expect.stringContaining(`Deployment worker: ${rule}: `)]);
});

test.each<[string, Operation[]]>([
  ["a profile of AppArmor that confines", [ofPod("appArmorProfile", { type: "Localhost" })]],
  ["an annotation that confines", [inAnnotation("localhost/dms")]],
  ["a container's type and a level of SELinux", [ofContainer("seLinuxOptions", { type: "container_t", level: "s0" })]],
  ["a hook that names no host", [add(`${container}/lifecycle`, { preStop: { httpGet: { host: "", port: 4100 } } })]],
  ["options of Windows that take nothing of the host's", [ofPod("windowsOptions", { hostProcess: false })]],
])("pod security: %s is allowed, as the standard says", (_what, operations) => {
  expect(podSecurityFaults(worker(...operations))).toEqual([]);
});
