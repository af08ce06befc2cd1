import { injectorFault } from './injector/injector-fault.ts'
import { whyNoRestart } from './injector/unfit.ts'

/** Ends the container's main process at every start, for the whole duration: the kubelet's back-off follows. */
export const crashloop = injectorFault({
  action: () => 'crashloop',
  container: (spec) => (spec.type === 'node_failure' && spec.kind === 'crashloop' ? spec.container : null),
  env: () => ({ FAULTLINE_SIGNAL: 'KILL' }),
  allowNodePods: (spec) => spec.type === 'node_failure' && spec.kind === 'crashloop' && spec.allowNodePods === true,
  unfit: (_spec, pod) => whyNoRestart(pod),
})
