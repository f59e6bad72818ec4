import type { ObjectMeta } from "kubernetes-types/meta/v1.js";
import type { HorizontalPodAutoscalerBehavior } from "kubernetes-types/autoscaling/v2.js";

/*
 * The part of others' custom resources that the manifests use, written after the definitions of KEDA 2.17 and of the
 * Prometheus operator 0.86. A field that is not here is refused: look it up in the definition before adding it.
 */

export interface ScaledObject {
  apiVersion: "keda.sh/v1alpha1";
  kind: "ScaledObject";
  metadata: ObjectMeta;
  spec: {
    scaleTargetRef: { apiVersion?: string; kind?: string; name: string; envSourceContainerName?: string };
    pollingInterval?: number;
    cooldownPeriod?: number;
    minReplicaCount?: number;
    maxReplicaCount?: number;
    fallback?: { failureThreshold: number; replicas: number };
    advanced?: {
      restoreToOriginalReplicaCount?: boolean;
      horizontalPodAutoscalerConfig?: { name?: string; behavior?: HorizontalPodAutoscalerBehavior };
    };
    triggers: ScaleTrigger[];
  };
}

interface ScaleTrigger {
  type: "prometheus";
  name?: string;
  metricType?: "AverageValue" | "Value";
  /** All values are texts; KEDA reads them itself. */
  metadata: { serverAddress: string; query: string; threshold: string; activationThreshold?: string };
  authenticationRef?: { name: string; kind?: string };
}

export interface PodMonitor {
  apiVersion: "monitoring.coreos.com/v1";
  kind: "PodMonitor";
  metadata: ObjectMeta;
  spec: {
    jobLabel?: string;
    podTargetLabels?: string[];
    selector: { matchLabels?: { [name: string]: string } };
    namespaceSelector?: { any?: boolean; matchNames?: string[] };
    podMetricsEndpoints: PodMetricsEndpoint[];
  };
}

interface PodMetricsEndpoint {
  port?: string;
  path?: string;
  scheme?: string;
  interval?: string;
  scrapeTimeout?: string;
  relabelings?: RelabelConfig[];
  metricRelabelings?: RelabelConfig[];
}

interface RelabelConfig {
  sourceLabels?: string[];
  separator?: string;
  targetLabel?: string;
  regex?: string;
  replacement?: string;
  action?: string;
}

export interface PrometheusRule {
  apiVersion: "monitoring.coreos.com/v1";
  kind: "PrometheusRule";
  metadata: ObjectMeta;
  spec: { groups: RuleGroup[] };
}

interface RuleGroup {
  name: string;
  interval?: string;
  rules: Rule[];
}

interface Rule {
  alert?: string;
  record?: string;
  expr: string | number;
  for?: string;
  keep_firing_for?: string;
  labels?: { [name: string]: string };
  annotations?: { [name: string]: string };
}
