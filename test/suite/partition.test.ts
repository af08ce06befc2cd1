import { describe, expect, test } from '@jest/globals'
import { problemsOf, stepOf } from './one-step.ts'

const partition = (params: object, rest: object = {}) => ({
  type: 'network_partition',
  params: { partition_type: 'random', ...params },
  ...rest,
})

describe('a partition', () => {
  test.each<[params: object, expected: object]>([
    [
      { mechanism: 'policy', direction: 'in' },
      { mechanism: 'policy', scope: 'isolate', direction: 'in' },
    ],
    [
      { mechanism: 'policy', scope: 'isolate', ports: [], cidrs: [], keepProbes: true },
      { mechanism: 'policy', ports: [], cidrs: [] },
    ],
    [
      { mechanism: 'policy', partition_type: 'all', coverNew: true },
      { kind: 'all', coverNew: true },
    ],
    [
      { scope: 'peers', ports: [1, 65_535] },
      { mechanism: 'auto', scope: 'peers', ports: [1, 65_535] },
    ],
    [
      { scope: 'peers', partition_type: 'all' },
      { kind: 'all', scope: 'peers' },
    ],
    [
      { scope: 'split', cidrs: [] },
      { scope: 'split', cidrs: [] },
    ],
    [
      { scope: 'split', against: 'role=replica', partition_type: 'all' },
      { kind: 'all', scope: 'split', against: 'role=replica' },
    ],
    [
      { mechanism: 'netfilter', keepProbes: false },
      { mechanism: 'netfilter', keepProbes: false },
    ],
    [{ cidrs: ['10.0.0.0/8', '0.0.0.0/0', '192.0.2.7'] }, { cidrs: ['10.0.0.0/8', '0.0.0.0/0', '192.0.2.7'] }],
    [{ cidrs: ['fd00::/8', '::/0', '2001:DB8::1', '::1/128'] }, { cidrs: ['fd00::/8', '::/0', '2001:DB8::1', '::1/128'] }],
  ])('may be %j', (params, expected) => {
    expect(stepOf(partition(params)).fault).toMatchObject(expected)
  })

  test('in two halves may take 100 percent of a part of the workload, or 99 of all', () => {
    expect(stepOf(partition({ scope: 'split' }, { targets: { zone: 'a', percent: 100 } })).targets).toMatchObject({ percent: 100 })
    expect(stepOf(partition({ scope: 'split' }, { targets: { percent: 99 } })).targets).toMatchObject({ percent: 99 })
    const against = stepOf(partition({ scope: 'split', against: 'role=replica' }, { targets: { percent: 100 } }))
    expect(against.targets).toMatchObject({ percent: 100 })
  })
})

describe('a malformed partition', () => {
  test.each<[params: object, path: string, message: string]>([
    [{ against: 'a=b' }, 'against', 'has no meaning with scope `isolate`. Allowed: only with `peers` and `split`'],
    [{ scope: 'peers', against: ' ' }, 'against', 'would take every pod of the namespace; expected a label selector'],
    [{ scope: 'peers', againts: 'a=b' }, 'againts', 'unknown key `againts`: did you mean `against`? Allowed: '],
    [{ scope: 'peer' }, 'scope', '`peer`: did you mean `peers`? Allowed: isolate, peers, split'],
    [{ direction: 'ingress' }, 'direction', '`ingress` is not allowed. Allowed: both, in, out'],
    [{ mechanism: 'iptables' }, 'mechanism', '`iptables` is not allowed. Allowed: auto, policy, netfilter'],
    [{ keepProbes: 'false' }, 'keepProbes', 'found the string `false`; expected true or false: write false without quotes'],
    [{ keep_probes: false }, 'keep_probes', 'unknown key `keep_probes`: did you mean `keepProbes`? Allowed: '],
    [{ port: 80 }, 'port', 'unknown key `port`: did you mean `ports`? Allowed: '],
    [{ latency: 5 }, 'latency', '`latency` belongs to type network_degradation, not here. Allowed: '],
    [{ peersOnly: true }, 'peersOnly', '`peersOnly` belongs to type network_degradation, not here. Allowed: '],
    [{ ports: 80 }, 'ports', 'found the number `80`; expected a list'],
    [{ ports: [0] }, 'ports[0]', 'found the number `0`; allowed: at least 1'],
    [{ ports: [80, 65_536] }, 'ports[1]', 'found the number `65536`; allowed: at most 65535'],
    [{ ports: [80.5] }, 'ports[0]', 'found the number `80.5`; expected a whole number'],
    [{ ports: ['80'] }, 'ports[0]', 'found the string `80`; expected a number: write 80 without quotes'],
    [{ ports: Array.from({ length: 101 }, (_, n) => n + 1) }, 'ports', 'found a list of 101; allowed: at most 100 entries'],
    [{ cidrs: '10.0.0.0/8' }, 'cidrs', 'found the string `10.0.0.0/8`; expected a list'],
  ])('with %j is one problem, told precisely', (params, path, message) => {
    expect(problemsOf(partition(params))).toEqual([[`params.${path}`, expect.stringContaining(message)]])
  })

  test.each<[params: object, path: string, message: string]>([
    [
      { mechanism: 'policy', scope: 'peers' },
      'params.scope',
      'mechanism `policy` cannot cut by scope `peers`: use mechanism `netfilter`, which can',
    ],
    [
      { mechanism: 'policy', scope: 'split' },
      'params.scope',
      'mechanism `policy` cannot cut by scope `split`: use mechanism `netfilter`, which can',
    ],
    [
      { mechanism: 'policy', ports: [80] },
      'params.ports',
      'mechanism `policy` cannot cut some ports only: use mechanism `netfilter`, which can',
    ],
    [
      { mechanism: 'policy', cidrs: ['10.0.0.0/8'] },
      'params.cidrs',
      'mechanism `policy` cannot cut some cidrs only: use mechanism `netfilter`, which can',
    ],
    [
      { mechanism: 'policy', keepProbes: false },
      'params.keepProbes',
      "mechanism `policy` cannot stop the kubelet's probes: use mechanism `netfilter`, which can",
    ],
    [
      { mechanism: 'policy', coverNew: true },
      'params.coverNew',
      'goes with partition_type `all` only: `random` takes the pods that are there',
    ],
    [{ partition_type: 'all', coverNew: true }, 'params.coverNew', 'needs mechanism `policy`: an injector holds the pods that are there'],
    [
      { scope: 'peers', cidrs: ['10.0.0.0/8'] },
      'params.cidrs',
      'has no meaning with scope `peers`, where the other pods are the addresses. Allowed: only with `isolate`',
    ],
    [
      { scope: 'split', cidrs: ['10.0.0.0/8'] },
      'params.cidrs',
      'has no meaning with scope `split`, where the other pods are the addresses. Allowed: only with `isolate`',
    ],
    [
      { scope: 'split', partition_type: 'all' },
      'params.scope',
      '`split` with partition_type `all` would leave nothing on the other side: use `random` or `specific`',
    ],
  ])('whose params contradict each other (%j) is told why', (params, path, message) => {
    expect(problemsOf(partition(params))).toEqual([[path, message]])
  })

  test('of all that says half is told that it contradicts itself', () => {
    expect(problemsOf(partition({ partition_type: 'all' }, { blastRadius: 'half' }))).toEqual([
      ['blastRadius', '`half` contradicts partition_type `all`, which takes every candidate: use `random`'],
    ])
  })

  test('that splits 100 percent of the workload from the rest is told that nothing is left', () => {
    expect(problemsOf(partition({ scope: 'split' }, { targets: { percent: 100 } }))).toEqual([
      ['targets.percent', 'found 100, which with scope `split` would leave nothing on the other side; allowed: less'],
    ])
  })

  test('is told all its contradictions, beside a mistyped type', () => {
    const step = partition({ mechanism: 'policy', scope: 'split', ports: [80] }, { type: 'network-partition' })
    expect(problemsOf(step).map(([path]) => path)).toEqual(['type', 'params.scope', 'params.ports'])
  })
})

describe('an entry of cidrs', () => {
  const noAddress = 'is not an IPv4 or IPv6 address or CIDR, e.g. 10.0.0.0/8, 192.0.2.7 or fd00::/8'
  test.each([
    ['example.org', `\`example.org\` ${noAddress}`],
    ['', `\`\` ${noAddress}`],
    [' 10.0.0.1', `\` 10.0.0.1\` ${noAddress}`],
    ['10.0.0.1\n', `\`10.0.0.1\\n\` ${noAddress}`],
    ['10.0.0', `\`10.0.0\` ${noAddress}`],
    ['10.0.0.256', `\`10.0.0.256\` ${noAddress}`],
    ['010.0.0.1', `\`010.0.0.1\` ${noAddress}`],
    ['10.0.0.0/8/8', `\`10.0.0.0/8/8\` ${noAddress}`],
    ['/8', `\`/8\` ${noAddress}`],
    ['1::2::3', `\`1::2::3\` ${noAddress}`],
    ['10.0.0.1:80', `\`10.0.0.1:80\` ${noAddress}`],
    ['10.0.0.1;reboot', `\`10.0.0.1;reboot\` ${noAddress}`],
    ['10.0.0.0/', '`10.0.0.0/`: `` is not the prefix length of an IPv4 CIDR; allowed: 0 to 32'],
    ['10.0.0.0/33', '`10.0.0.0/33`: `33` is not the prefix length of an IPv4 CIDR; allowed: 0 to 32'],
    ['10.0.0.0/08', '`10.0.0.0/08`: `08` is not the prefix length of an IPv4 CIDR; allowed: 0 to 32'],
    ['10.0.0.0/-1', '`10.0.0.0/-1`: `-1` is not the prefix length of an IPv4 CIDR; allowed: 0 to 32'],
    ['10.0.0.0/255.0.0.0', '`10.0.0.0/255.0.0.0`: `255.0.0.0` is not the prefix length of an IPv4 CIDR; allowed: 0 to 32'],
    ['fd00::/129', '`fd00::/129`: `129` is not the prefix length of an IPv6 CIDR; allowed: 0 to 128'],
    ['fe80::1%eth0', '`fe80::1%eth0` has a zone, which means something on one machine only; write the address without it'],
  ])('%j is refused', (text, message) => {
    expect(problemsOf(partition({ cidrs: ['10.0.0.0/8', text] }))).toEqual([['params.cidrs[1]', message]])
  })

  test('that is no text is refused', () => {
    expect(problemsOf(partition({ cidrs: [10] }))).toEqual([['params.cidrs[0]', 'found the number `10`; expected a string']])
  })
})
