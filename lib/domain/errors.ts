/** Codes of everything that can go wrong; matched with `instanceof` and `code`, never by message. */
export type ErrorCode =
  | 'bad_input'
  | 'refused'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'forbidden'
  | 'invalid'
  | 'blocked'
  | 'unavailable'
  | 'lease_lost'
  | 'lease_too_short'
  | 'out_of_time'
  | 'fuse_not_armed'
  | 'injector_failed'
  | 'not_possible_here'
  | 'cluster_gone'

/** The family's root: says what was tried, on what, and whether trying again may help. */
export class FaultlineError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** The API server (or the way to it) said no; `status` is the HTTP status, 0 when nothing came back. */
export class KubernetesError extends FaultlineError {
  readonly status: number

  constructor(code: ErrorCode, status: number, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(code, message, options)
    this.status = status
  }
}

/** A conditional write found another version than the one it was computed from. */
export class VersionConflict extends FaultlineError {
  constructor(what: string, cause?: unknown) {
    super('conflict', `${what} was changed by someone else meanwhile`, { retryable: true, cause })
  }
}

/** Another driver has the run. */
export class RunHeld extends FaultlineError {
  constructor(runId: string, owner: string | undefined) {
    super('refused', `run ${runId} is driven by ${owner}`)
  }
}

/** The store could not be reached or did not answer in time; `what` says so more exactly where it is known (a full disk). */
export class StoreUnavailable extends FaultlineError {
  constructor(tried: string, cause?: unknown, what = 'the store did not answer') {
    super('unavailable', `${what}: ${tried}`, { retryable: true, cause })
  }
}

/** A fuse that is not burning must never be trusted; thrown before anything it would own is made. */
export class FuseNotArmed extends FaultlineError {
  constructor(fuse: string, why: string) {
    super('fuse_not_armed', `fuse ${fuse} is not armed: ${why}`)
  }
}

/** Makes `switch` exhaustive: a new member of a union fails to compile here. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`)
}
