/** Why a run did not start; every reason is reported, not only the first. */
export interface Refusal {
  readonly code:
    | 'halted'
    | 'paused'
    | 'outside_window'
    | 'unhealthy'
    | 'unsteady'
    | 'not_approved'
    | 'blast_radius'
    | 'overlap'
    | 'guard'
    | 'permission'
    | 'busy'
    | 'no_targets'
    | 'unsafe_target'
    | 'quota'
    | 'namespace'
    | 'terminating'
    | 'mechanism'
    | 'injector_missing'
    | 'fuse_missing'
    | 'clock_skew'
    | 'unreachable'
  /** Index of the step it concerns, or null for the whole run. */
  readonly step: number | null
  /** What it is about (a right, a pod, a quota), where two refusals of one code may be the same thing found twice. */
  readonly subject?: string
  readonly message: string
}
