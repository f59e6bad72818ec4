export type { Clock, Random } from "@dms/rules";
export { AdminCalls } from "./admin-calls.ts";
export type { AdminAnswer } from "./admin-calls.ts";
export { buildVersion } from "./build-version.ts";
export { Certificates } from "./certificates.ts";
export { systemClock } from "./clock.ts";
export { formatFaults, loadConfig, parseConfig, printConfig } from "./config/index.ts";
export type {
  ChannelConfig,
  Config,
  Durability,
  Fault,
  LoadResult,
  LogLevel,
  Need,
  RedisSettings,
  RedisTls,
} from "./config/index.ts";
export { processEnv } from "./env.ts";
export { DmsError, invariant, messageOf, redisFailed, retryable } from "./errors.ts";
export { createHttpServer, listenOn, serveProbes } from "./http-server.ts";
export type { HttpServer, Readiness } from "./http-server.ts";
export { LeaseFault } from "./lease-fault.ts";
export type { Running } from "./lifecycle.ts";
export { createLiveness } from "./liveness.ts";
export type { Liveness } from "./liveness.ts";
export { LogThrottle } from "./log-throttle.ts";
export { createLogger, errorFields } from "./logger.ts";
export type { LogFields, Logger } from "./logger.ts";
export { observeLog } from "./telemetry/log-metrics.ts";
export { observePort } from "./telemetry/port-metrics.ts";
export { serveOwnPort } from "./own-port.ts";
export { portOptions } from "./port-limits.ts";
export { secure } from "./port-tls.ts";
export type { PortTls } from "./port-tls.ts";
export { observeCalls } from "./telemetry/outside-metrics.ts";
export { createMetrics } from "./metrics.ts";
export type {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  Labelled,
  MetricCard,
  Metrics,
  Reading,
} from "./metrics.ts";
export { observeEvents } from "./telemetry/event-views.ts";
export type { EventViews } from "./telemetry/event-views.ts";
export { memberViews } from "./telemetry/member-views.ts";
export type { MemberFigures } from "./telemetry/member-views.ts";
export { observeServers } from "./telemetry/server-metrics.ts";
export { redisWords } from "./redis-words.ts";
export { observeRedis } from "./telemetry/redis-metrics.ts";
export { runProcess, stopDeadlineOf } from "./process.ts";
export type { Identity, ProcessContext, ProcessOptions, SupervisorContext } from "./process.ts";
export { systemRandom } from "./random.ts";
export { Membership } from "./membership.ts";
export type { Lease, MembershipOptions } from "./membership.ts";
export type { Death } from "./supervisor.ts";
