import { at, containersOf, isMapping, listAt, podTemplateOf, textAt, titleOf } from "../kustomize/resource.ts";
import type { Mapping, Resource } from "../kustomize/resource.ts";

interface PodRule {
  /** The control's name in the Pod Security Standards, or ours. */
  name: string;
  /** What must hold for the pod; answers what is wrong. */
  ofPod?: (spec: Mapping, metadata: unknown) => string | undefined;
  ofContainer?: (container: Mapping, spec: Mapping) => string | undefined;
}

const volumeTypes = /^(configMap|csi|downwardAPI|emptyDir|ephemeral|persistentVolumeClaim|projected|secret)$/;
const safeSysctls =
  /^(kernel\.shm_rmid_forced|net\.ipv4\.(ip_local_port_range|ip_unprivileged_port_start|tcp_syncookies|ping_group_range|ip_local_reserved_ports|tcp_keepalive_time|tcp_fin_timeout|tcp_keepalive_intvl|tcp_keepalive_probes))$/;
const seLinuxTypes = /^(|container_t|container_init_t|container_kvm_t|container_engine_t)$/;
const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

/**
 * The controls of the profile "restricted" for Linux, those of "baseline" that it includes, and three of ours, after the
 * Pod Security Standards of Kubernetes 1.34. A setting is judged wherever it stands: a container that puts it right does not
 * excuse its pod.
 */
export const podRules: readonly PodRule[] = [
  {
    name: "HostProcess",
    ofContainer: (container, spec) =>
      stated(container, spec, "windowsOptions", "hostProcess").some((value) => value !== false)
        ? "windowsOptions.hostProcess must not be true"
        : undefined,
  },
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
    name: "Host probes and lifecycle hooks",
    ofContainer: (container) => {
      const handlers = [
        ...["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => at(container, probe)),
        ...["postStart", "preStop"].map((hook) => at(container, "lifecycle", hook)),
      ];
      const hosts = handlers.flatMap((handler) => [at(handler, "httpGet", "host"), at(handler, "tcpSocket", "host")]);
      return hosts.some((host) => (host ?? "") !== "") ? "a probe or a lifecycle hook names a host" : undefined;
    },
  },
  {
    name: "AppArmor",
    ofPod: (_spec, metadata) => {
      const annotations = at(metadata, "annotations");
      const profiles = Object.entries(isMapping(annotations) ? annotations : {})
        .filter(([name]) => name.startsWith(appArmorAnnotation))
        .map(([, profile]) => String(profile));
      const bad = profiles.filter((profile) => !/^(runtime\/default|localhost\/.*)$/.test(profile));
      return bad.length === 0 ? undefined : `an annotation asks for ${bad.join(", ")}`;
    },
    ofContainer: (container, spec) => {
      const types = stated(container, spec, "appArmorProfile", "type");
      return types.every(isProfile) ? undefined : `appArmorProfile.type is ${types.join(", ")}`;
    },
  },
  {
    name: "SELinux",
    ofContainer: (container, spec) => {
      const types = stated(container, spec, "seLinuxOptions", "type");
      const names = ["user", "role"].flatMap((field) => stated(container, spec, "seLinuxOptions", field));
      if (!types.every((type) => seLinuxTypes.test(String(type)))) return `seLinuxOptions.type is ${types.join(", ")}`;
      return names.every((name) => name === "") ? undefined : "seLinuxOptions must not set user or role";
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
      const types = stated(container, spec, "seccompProfile", "type");
      return types.length > 0 && types.every(isProfile) ? undefined : "seccompProfile.type must be RuntimeDefault";
    },
  },
  {
    name: "Privilege escalation",
    ofContainer: (container) => mustBe(container, "allowPrivilegeEscalation", false),
  },
  {
    name: "Running as non-root",
    ofContainer: (container, spec) => {
      const values = stated(container, spec, "runAsNonRoot");
      return values.length > 0 && values.every((value) => value === true) ? undefined : "runAsNonRoot must be true";
    },
  },
  {
    // Stricter than the standard, which lets it be left out: the image's user is then another file's promise.
    name: "Running as non-root user",
    ofContainer: (container, spec) => {
      const users = stated(container, spec, "runAsUser");
      return users.length > 0 && users.every((user) => Number(user) > 0)
        ? undefined
        : "runAsUser must be a number over 0";
    },
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
    const inPod = ofPod?.(spec, template["metadata"]);
    const inContainers = containersOf(template).map((each) => ofContainer?.(each, spec));
    return [inPod, ...inContainers]
      .filter((fault) => fault !== undefined)
      .map((fault) => `${titleOf(resource)}: ${name}: ${fault}`);
  });
}

/** A setting as the pod states it, the container, or both. */
function stated(container: Mapping, spec: Mapping, ...path: readonly string[]): unknown[] {
  return [spec, container]
    .map((each) => at(each, "securityContext", ...path))
    .filter((value) => value !== undefined && value !== null);
}

/** Of AppArmor and of seccomp: any that confines. */
function isProfile(type: unknown): boolean {
  return type === "RuntimeDefault" || type === "Localhost";
}

function mustBe(container: Mapping, field: string, wanted: boolean): string | undefined {
  return at(container, "securityContext", field) === wanted ? undefined : `${field} must be ${wanted}`;
}

function truthy(value: unknown, ...fields: readonly string[]): string | undefined {
  const set = fields.filter((field) => at(value, field) === true);
  return set.length === 0 ? undefined : `${set.join(", ")} must not be true`;
}
