import type { Suite } from '../domain/suite.ts'
import type { FamilyName } from '../domain/tests.ts'
import { type FlagValues, faultFamilies, suiteOfFlags } from './fault-flags.ts'
import { parseSuite } from './parse.ts'
import { formatProblems } from './problems.ts'

/** One test of one fault: what `faultline inject` would be told, but for its duration and its workload. */
export interface FaultTest {
  readonly family: FamilyName
  readonly fault: string
  readonly kind: string
  readonly said: FlagValues
  /** It names one pod of the workload. */
  readonly isOfOnePod: boolean
}

const test = (family: FamilyName, fault: string, kind: string, said: FlagValues = {}): FaultTest => ({
  family,
  fault,
  kind,
  said,
  isOfOnePod: kind === 'specific',
})

const drain = test('node', 'node-failure', 'node-drain')

/** The tests of each family, in the order in which they run; the quick suite is a suite of its own. */
const tests: readonly FaultTest[] = [
  ...['random', 'all', 'specific'].map((kind) => test('network', 'network-partition', kind)),
  ...['pod-delete', 'pod-kill', 'crashloop', 'pod-pause'].map((kind) => test('node', 'node-failure', kind)),
  test('resource', 'resource-exhaustion', 'memory', { intensity: 'low' }),
  test('resource', 'resource-exhaustion', 'cpu', { intensity: 'medium' }),
  test('resource', 'resource-exhaustion', 'disk', { intensity: 'medium' }),
  test('resource', 'resource-exhaustion', 'network', { intensity: 'high' }),
  ...(faultFamilies['network-degradation']?.kinds ?? []).map((kind) => test('degradation', 'network-degradation', kind)),
  ...(faultFamilies['dns-failure']?.kinds ?? []).map((kind) => test('dns', 'dns-failure', kind)),
  ...(faultFamilies['http-fault']?.kinds ?? []).map((kind) => test('http', 'http-fault', kind, { ports: [8080] })),
]

/** The tests of these families; a drain only where it is asked for: other workloads on the node are evicted as well. */
export function testsOf(families: readonly FamilyName[], { withDrain }: { readonly withDrain: boolean }): readonly FaultTest[] {
  const last = tests.findLastIndex(({ family }) => family === drain.family)
  return tests.toSpliced(last + 1, 0, ...(withDrain ? [drain] : [])).filter(({ family }) => families.includes(family))
}

/** What a test is run with. */
export interface TestOrder {
  readonly seconds: number
  /** Name of the pod that a test of one pod hits. */
  readonly pod: string
  /** A cut or a delay that no traffic of the workload meets counts as a bite, too. */
  readonly allowUnused: boolean
}

/** The suite that the test is: the one that `faultline inject` makes of the same flags. */
export function suiteOfTest({ fault, kind, said, isOfOnePod }: FaultTest, { seconds, pod, allowUnused }: TestOrder): Suite {
  const family = faultFamilies[fault]
  if (family === undefined) throw new TypeError(`${fault} is no fault`)
  const ofTraffic = fault.startsWith('network-') || fault === 'dns-failure' || fault === 'http-fault' || kind === 'network'
  const all = { ...said, duration: seconds, ...(isOfOnePod ? { names: pod } : {}), ...(allowUnused && ofTraffic ? { allowUnused } : {}) }
  const parsed = parseSuite(JSON.stringify(suiteOfFlags({ family, kind, said: all, workload: {} })), `test ${fault} ${kind}`)
  if (!parsed.ok) throw new TypeError(formatProblems(parsed.problems))
  return parsed.suite
}
