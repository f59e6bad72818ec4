import type { QueueOptions } from "bullmq";
import type { JobConnection, JobPurpose } from "./job-options.ts";

/** The connections of one queue and one worker: all of them end together, those that BullMQ has copied included. */
export class JobConnections {
  readonly #connect: (purpose: JobPurpose) => JobConnection;
  readonly #open: JobConnection[] = [];

  constructor(connect: (purpose: JobPurpose) => JobConnection) {
    this.#connect = connect;
  }

  /** A connection as BullMQ takes it. Its copies are opened anew: options alone do not make them what this one is. */
  take(purpose: JobPurpose): QueueOptions["connection"] {
    const connection = this.#connect(purpose);
    connection.duplicate = () => this.take(purpose);
    this.#open.push(connection);
    return connection as unknown as QueueOptions["connection"];
  }

  end(): void {
    for (const connection of this.#open.splice(0)) connection.disconnect();
  }
}
