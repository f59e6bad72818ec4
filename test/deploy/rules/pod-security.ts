import { at, containersOf, isMapping, listAt, podTemplateOf, textAt, titleOf } from "../kustomize/resource.ts";
import type { Mapping, Resource } from "../kustomize/resource.ts";

interface PodRule {
  /** The control's name in the Pod Security Standards, or ours. */
  name: string;
  /** What must hold for the pod; answers what is wrong. */
  ofPod?: (spec: Mapping) => string | undefined;
  ofContainer?: (container: Mapping, spec: Mapping) => string | undefined;
}

const volumeTypes = /^(configMap|csi|downwardAPI|emptyDir|ephemeral|persistentVolumeClaim|projected|secret)$/;
const safeSysctls =
  /^(kernel\.shm_rmid_forced|net\.ipv4\.(ip_local_port_range|ip_unprivileged_port_start|tcp_syncookies|ping_group_range|ip_local_reserved_ports|tcp_keepalive_time|tcp_fin_timeout|tcp_keepalive_intvl|tcp_keepalive_probes))$/;
const seLinuxTypes = /^(|container_t|container_init_t|container_kvm_t|container_engine_t)$/;

/** The controls of the profile "restricted", those of "baseline" that it includes, and three of ours. */
export const podRules: readonly PodRule[] = [
  { name: "Host namespaces", ofPod: (spec) => truthy(spec, "hostNetwork", "hostPID", "hostIPC") },
  {
    name: "Volume types",
    ofPod: (spec) => {
      const types = listAt(spec, "volumes")
        .filter(isMapping)
        .flatMap((volume) => Object.keys(volume));
      const bad = types.filter((type) => type !== "name" && !volumeTypes.test(type));
      return bad.length === 0 ? undefined : `volumes of type ${bad.join(", ")}`;
    },
  },
  {
    name: "Sysctls",
    ofPod: (spec) => {
      const names = listAt(spec, "securityContext", "sysctls").map((each) => textAt(each, "name") ?? "");
      const bad = names.filter((name) => !safeSysctls.test(name));
      return bad.length === 0 ? undefined : `sets ${bad.join(", ")}`;
    },
  },
  { name: "Privileged containers", ofContainer: (container) => truthy(at(container, "securityContext"), "privileged") },
  {
    name: "Host ports",
    ofContainer: (container) =>
      listAt(container, "ports").some((port) => Number(at(port, "hostPort") ?? 0) !== 0)
        ? "takes a host port"
        : undefined,
  },
  {
    name: "Host probes",
    ofContainer: (container) => {
      const hosts = ["startupProbe", "readinessProbe", "livenessProbe"].map(
        (probe) => textAt(container, probe, "httpGet", "host") ?? textAt(container, probe, "tcpSocket", "host"),
      );
      return hosts.some((host) => host !== undefined) ? "a probe names a host" : undefined;
    },
  },
  {
    name: "SELinux",
    ofContainer: (container, spec) => {
      const type = effective(container, spec, "seLinuxOptions", "type") ?? "";
      return typeof type === "string" && seLinuxTypes.test(type)
        ? undefined
        : `seLinuxOptions.type is ${JSON.stringify(type)}`;
    },
  },
  {
    name: "/proc mount type",
    ofContainer: (container) => {
      const mount = textAt(container, "securityContext", "procMount") ?? "Default";
      return mount === "Default" ? undefined : `procMount is ${mount}`;
    },
  },
  {
    name: "Seccomp",
    ofContainer: (container, spec) => {
      const type = effective(container, spec, "seccompProfile", "type");
      return type === "RuntimeDefault" || type === "Localhost"
        ? undefined
        : "seccompProfile.type must be RuntimeDefault";
    },
  },
  {
    name: "Privilege escalation",
    ofContainer: (container) => mustBe(container, "allowPrivilegeEscalation", false),
  },
  {
    name: "Running as non-root",
    ofContainer: (container, spec) =>
      effective(container, spec, "runAsNonRoot") === true ? undefined : "runAsNonRoot must be true",
  },
  {
    name: "Running as non-root user",
    ofContainer: (container, spec) =>
      Number(effective(container, spec, "runAsUser") ?? 0) > 0 ? undefined : "runAsUser must be a number over 0",
  },
  {
    name: "Capabilities",
    ofContainer: (container) => {
      const drop = listAt(container, "securityContext", "capabilities", "drop");
      const add = listAt(container, "securityContext", "capabilities", "add").filter(
        (each) => each !== "NET_BIND_SERVICE",
      );
      if (!drop.includes("ALL")) return "capabilities.drop must name ALL";
      return add.length === 0 ? undefined : `adds ${add.join(", ")}`;
    },
  },
  { name: "Read-only root (ours)", ofContainer: (container) => mustBe(container, "readOnlyRootFilesystem", true) },
  {
    name: "No token (ours)",
    ofPod: (spec) =>
      spec["automountServiceAccountToken"] === false ? undefined : "automountServiceAccountToken must be false",
  },
  {
    name: "Bounded memory (ours)",
    ofContainer: (container) =>
      ["limits", "requests"].every((bound) => textAt(container, "resources", bound, "memory") !== undefined) &&
      textAt(container, "resources", "requests", "cpu") !== undefined
        ? undefined
        : "resources needs requests of cpu and memory and a limit of memory",
  },
];

/** Every rule that an object's pods break, by the rule's name. */
export function podSecurityFaults(resource: Resource): string[] {
  const template = podTemplateOf(resource);
  const spec = at(template, "spec");
  if (template === undefined || !isMapping(spec)) return [];
  return podRules.flatMap(({ name, ofPod, ofContainer }) => {
    const inPod = ofPod?.(spec);
    const inContainers = containersOf(template).map((each) => ofContainer?.(each, spec));
    return [inPod, ...inContainers]
      .filter((fault) => fault !== undefined)
      .map((fault) => `${titleOf(resource)}: ${name}: ${fault}`);
  });
}

/** A container's setting, else that of its pod. */
function effective(container: Mapping, spec: Mapping, ...path: readonly string[]): unknown {
  return at(container, "securityContext", ...path) ?? at(spec, "securityContext", ...path);
}

function mustBe(container: Mapping, field: string, wanted: boolean): string | undefined {
  return at(container, "securityContext", field) === wanted ? undefined : `${field} must be ${wanted}`;
}

function truthy(value: unknown, ...fields: readonly string[]): string | undefined {
  const set = fields.filter((field) => at(value, field) === true);
  return set.length === 0 ? undefined : `${set.join(", ")} must not be true`;
}
