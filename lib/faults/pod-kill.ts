import { injectorFault } from './injector/injector-fault.ts'
import { whyNoRestart } from './injector/unfit.ts'

/** Ends the container's main process by a signal from the host; the kubelet starts it again. */
export const podKill = injectorFault({
  action: () => 'kill',
  container: (spec) => (spec.type === 'node_failure' && spec.kind === 'pod-kill' ? spec.container : null),
  env: (spec) =>
    spec.type === 'node_failure' && spec.kind === 'pod-kill'
      ? {
          FAULTLINE_SIGNAL: spec.signal,
          FAULTLINE_GRACE: String(Math.ceil(spec.graceSeconds)),
          FAULTLINE_REPEAT: String(Math.ceil(spec.repeatEverySeconds ?? 0)),
        }
      : {},
  allowNodePods: (spec) => spec.type === 'node_failure' && spec.kind === 'pod-kill' && spec.allowNodePods === true,
  unfit: (_spec, pod) => whyNoRestart(pod),
})
