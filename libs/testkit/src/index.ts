export { makeAuthority } from "./authority.ts";
export type { Authority, Issued } from "./authority.ts";
export { startHttpProxy } from "./http-proxy.ts";
export type { HttpProxy } from "./http-proxy.ts";
export { outdatedTls, protocolAt, whileOutdatedTlsPasses } from "./outdated-tls.ts";
export { startTlsFront } from "./tls-front.ts";
export type { TlsFront } from "./tls-front.ts";
export { freePort } from "./free-port.ts";
export { startRedis } from "./redis-server.ts";
export type { RedisOptions, RedisServer, ServerTls } from "./redis-server.ts";
export { redisView } from "./redis-view.ts";
export type { RedisView } from "./redis-view.ts";
export { spawnApp } from "./app-process.ts";
export type { AppExit, AppName, AppOptions, AppProcess } from "./app-process.ts";
export type { LogEvent } from "./app-log.ts";
export { DeedLog } from "./deeds.ts";
export { startCluster } from "./cluster.ts";
export type { ClusterOptions, MemberOptions, TestCluster } from "./cluster.ts";
export { hubAdmin } from "./hub-admin.ts";
export type { HubAdmin, HubFault, ReplayPlan, TrafficPlan, TrafficStatus } from "./hub-admin.ts";
export { chatAdmin, firstAnswering } from "./chat-admin.ts";
export type { ChatAdmin, ChatFault, OpenSession } from "./chat-admin.ts";
export { Ledgers } from "./ledgers.ts";
export type { LedgerSources } from "./ledgers.ts";
export { conversationIn, emptyHistory, epochOf } from "./history.ts";
export type {
  ConversationHistory,
  DeadFact,
  DeedFact,
  EffectFact,
  EvictionFact,
  FiguresFact,
  History,
  InboundFact,
  MoveFact,
  ProcessedFact,
  SentFact,
  SessionFact,
  ShownFact,
  SpokenFact,
  StateFact,
} from "./history.ts";
export { describeVerdict, judgedLine, RunningVerdict, verdict } from "./checkers/verdict.ts";
export type { Verdict, VerdictOptions } from "./checkers/verdict.ts";
export { boundsDefault, boundsOfStuck } from "./checkers/due.ts";
export type { Bounds } from "./checkers/due.ts";
export type { Disturbance } from "./checkers/isolation.ts";
export { pendingMessages } from "./checkers/no-loss.ts";
export { pendingReplies } from "./checkers/replies.ts";
export { findingKinds, invariants } from "./checkers/finding.ts";
export type { Finding, Invariant } from "./checkers/finding.ts";
export { atRest, describeUnrest, isAtRest, lookForRest } from "./at-rest.ts";
export type { Unrest, Watched } from "./at-rest.ts";
export { shownTimes } from "./shown-times.ts";
export { percentile, showLatencies } from "./latencies.ts";
export { startTcpProxy } from "./tcp-proxy.ts";
export type { TcpProxy } from "./tcp-proxy.ts";
export { samplesIn } from "./figures.ts";
export { until } from "./condition.ts";
export { lookAt, openLook } from "./redis-look.ts";
export type { RedisLook } from "./redis-look.ts";
export type { RedisForm } from "./redis-form.ts";
export {
  awaitReplicas,
  cutOff,
  followAgain,
  promote,
  replicationOf,
  startReplica,
  startReplicaSet,
} from "./redis-replication.ts";
export { startSentinelSet } from "./redis-sentinel.ts";
export type { Sentinel, SentinelOptions, SentinelSet } from "./redis-sentinel.ts";
export { startRedisCluster } from "./redis-cluster.ts";
export type { ClusterNode, RedisClusterOptions, RedisClusterSet } from "./redis-cluster.ts";
