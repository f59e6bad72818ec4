/** What one Redis server says about itself. */
export interface RedisServerView {
  /** `host:port` as the configuration or the cluster names it. */
  node: string;
  role: string;
  usedBytes: number;
  /** 0 where it has no bound. */
  maxBytes: number;
  /** Replicas that are connected and in step. */
  replicas: number;
  isAppendOnly: boolean;
  /** Whether its last write to disk succeeded, of those that it is configured to make. */
  isPersisted: boolean;
}
