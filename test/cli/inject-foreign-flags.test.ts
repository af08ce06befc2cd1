import { describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'

/** Every flag of a fault's own parameters, with a value that it may have. */
const flags: Readonly<Record<string, readonly string[]>> = {
  mechanism: ['policy'],
  scope: ['isolate'],
  direction: ['in'],
  ports: ['80'],
  cidrs: ['10.0.0.0/8'],
  'no-keep-probes': [],
  'allow-unused': [],
  'grace-seconds': ['1'],
  'allow-bare-pods': [],
  'allow-empty-dir': [],
  signal: ['TERM'],
  'repeat-every': ['10'],
  container: ['db'],
  intensity: ['low'],
  amount: ['80%'],
  path: ['/data'],
  mode: ['load'],
  latency: ['100'],
  jitter: ['10'],
  loss: ['5'],
  corruption: ['5'],
  duplication: ['5'],
  rate: ['1000'],
  'peers-only': [],
}

const partition = 'mechanism scope direction ports cidrs no-keep-probes allow-unused'
const degradation = 'latency jitter loss corruption duplication rate ports cidrs peers-only allow-unused'

/** Every kind, and the flags that are its own. */
const kinds: readonly (readonly [string, string, string])[] = [
  ...['random', 'specific', 'all'].map((kind) => ['network-partition', kind, partition] as const),
  ['node-failure', 'pod-delete', 'grace-seconds allow-bare-pods'],
  ['node-failure', 'pod-kill', 'signal grace-seconds repeat-every container'],
  ['node-failure', 'crashloop', 'container'],
  ['node-failure', 'pod-pause', 'every for container'],
  ['node-failure', 'node-drain', 'allow-bare-pods allow-empty-dir'],
  ...['cpu', 'memory'].map((kind) => ['resource-exhaustion', kind, 'intensity amount container'] as const),
  ['resource-exhaustion', 'disk', 'intensity amount container path'],
  ['resource-exhaustion', 'network', 'intensity amount container mode allow-unused'],
  ...['latency', 'jitter', 'loss', 'corruption', 'duplication', 'rate'].map((kind) => ['network-degradation', kind, degradation] as const),
]

const foreign = kinds.flatMap(([fault, kind, own]) =>
  Object.entries(flags).flatMap(([flag, value]) => (own.split(' ').includes(flag) ? [] : [[fault, kind, flag, value] as const])),
)

describe('a flag of another kind', () => {
  it.each(foreign)('%s %s refuses --%s by name', async (fault, kind, flag, value) => {
    const { code, out, err } = await faultline(['inject', fault, kind, '--duration', '20', `--${flag}`, ...value, '--targets', 'db-0'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(new RegExp(`(the command line: |unknown option ')--${flag}\\b`))
  })
})
