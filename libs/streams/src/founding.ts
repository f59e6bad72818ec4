import { DmsError } from "@dms/runtime";

/** Version of the key layout; a process refuses to start on a cluster with another. */
export const schemaVersion = 2;

/** What a cluster has once and for all: the version of its key layout, and its number of partitions. */
export interface Founding {
  schema: number;
  partitions: number;
}

/** What an operator can do about another schema is not what helps against another number of partitions. */
export function foundedOtherwise(cluster: string, founded: Founding, own: Founding): DmsError {
  const { found, mend } =
    founded.schema === own.schema
      ? {
          found: `${founded.partitions} partitions, this process has ${own.partitions}`,
          mend: `set cluster.partitions to ${founded.partitions}`,
        }
      : {
          found: `schema ${founded.schema}, this process has schema ${own.schema}`,
          mend: `start a release that has schema ${founded.schema}`,
        };
  return new DmsError(
    "DMS_CLUSTER_DIFFERS",
    `cluster ${cluster} was founded with ${found}: ${mend}, or choose another cluster.name`,
  );
}
