/** A kind of fault as `faultline inject` is told of it. */
export interface Kind {
  readonly name: string
  readonly args: readonly string[]
  /** What a reboot of the target's node makes of it. `ends`: it lived in that kernel. `stays`: Kubernetes keeps it, or the deed was done before. */
  readonly reboot: 'ends' | 'stays'
  /** A drain evicts other pods too, which takes the kubeconfig's own rights. */
  readonly isDrain?: true
}

const partition = ['network-partition', 'specific', '--allow-unused']
const exhaustion = (kind: string) => ['resource-exhaustion', kind, '--intensity', 'low']

/** Every kind that every kernel can do; netem's are not among them. */
export const kinds: readonly Kind[] = [
  { name: 'partition by netfilter', args: [...partition, '--mechanism', 'netfilter'], reboot: 'ends' },
  { name: 'memory', args: exhaustion('memory'), reboot: 'ends' },
  { name: 'cpu', args: exhaustion('cpu'), reboot: 'ends' },
  { name: 'disk', args: exhaustion('disk'), reboot: 'ends' },
  { name: 'bandwidth', args: [...exhaustion('network'), '--allow-unused'], reboot: 'ends' },
  { name: 'network load', args: [...exhaustion('network'), '--mode', 'load'], reboot: 'ends' },
  { name: 'loss', args: ['network-degradation', 'loss', '--loss', '40', '--allow-unused'], reboot: 'ends' },
  { name: 'crashloop', args: ['node-failure', 'crashloop'], reboot: 'ends' },
  { name: 'pod-pause', args: ['node-failure', 'pod-pause'], reboot: 'ends' },
  { name: 'pod-kill', args: ['node-failure', 'pod-kill', '--signal', 'KILL', '--repeat-every', '10'], reboot: 'ends' },
  { name: 'pod-delete', args: ['node-failure', 'pod-delete'], reboot: 'stays' },
  { name: 'partition by policy', args: [...partition, '--mechanism', 'policy'], reboot: 'stays' },
  { name: 'node-drain', args: ['node-failure', 'node-drain', '--blast-radius', 'all'], reboot: 'stays', isDrain: true },
]
