/** A request that cannot be executed as it stands; answered with an HTTP error status and an `errors` array. */
export class RequestFault extends Error {
  readonly httpStatus: number;

  /** `advice` says to a person what to change. */
  constructor(httpStatus: number, advice: string) {
    super(advice);
    this.httpStatus = httpStatus;
  }
}

/** Body of an HTTP error. The numbers of real servers are undocumented: ours is the HTTP status. */
export function errorsOf(fault: RequestFault): { errors: { code: number; advice: string }[] } {
  return { errors: [{ code: fault.httpStatus, advice: fault.message }] };
}
