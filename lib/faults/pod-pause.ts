import type { PodPauseSpec } from '../domain/failure-spec.ts'
import type { FaultSpec } from '../domain/suite.ts'
import { injectorFault } from './injector/injector-fault.ts'

/**
 * All processes of the container stand still, by the freezer of its cgroup (https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files,
 * `cgroup.freeze`; v1: freezer-subsystem), else by STOP. Kubernetes' own probes fail meanwhile, and may restart it: an outcome that is told.
 */
export const podPause = injectorFault({
  action: () => 'freeze',
  container: (spec) => pauseOf(spec)?.container ?? null,
  env: (spec) => {
    const { everySeconds = 0, forSeconds = 0 } = pauseOf(spec)?.pulse ?? {}
    return { FAULTLINE_PULSE_EVERY: String(everySeconds), FAULTLINE_PULSE_FOR: String(forSeconds) }
  },
})

const pauseOf = (spec: FaultSpec): PodPauseSpec | null => (spec.type === 'node_failure' && spec.kind === 'pod-pause' ? spec : null)
