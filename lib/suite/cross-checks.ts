import { plannedMs } from '../domain/suite.ts'
import { valueAt } from './explain.ts'
import type { Finding, Path } from './problems.ts'
import { type SuiteFile, suiteDefaults } from './schema.ts'
import { splitNames } from './targets-schema.ts'
import { quote } from './words.ts'

const conditionKeys = ['names', 'selector', 'owner', 'zone', 'node']

/**
 * What no single field shows: conditions between fields. Works on the file as it stands, so that these are found beside whatever else is
 * wrong; a field of the wrong type is left to the schema.
 */
export function crossFindings(file: unknown): readonly Finding[] {
  return [
    ...stepsOf(file).flatMap((step, n) => [...targetFindings(step, ['experiments', n]), ...graceFindings(step, ['experiments', n])]),
    ...timeFindings(file),
  ]
}

/** What is allowed but probably not meant. */
export function warningsOf(file: SuiteFile): readonly string[] {
  const names = file.experiments.map((step) => step.name)
  const sameName = names.flatMap((name, n) => {
    const first = names.indexOf(name)
    return first === n
      ? []
      : [`experiments[${n}].name: ${quote(name)} is also the name of experiments[${first}]; reports tell them apart by number only`]
  })
  const sameTarget = file.experiments.flatMap((step, n) => {
    const twice = namesOf(targetsOf(step, []).conditions).filter((name, at, all) => all.indexOf(name) !== at)
    return twice.length === 0
      ? []
      : [`experiments[${n}]: ${[...new Set(twice)].map(quote).join(', ')} is named more than once among the targets; once is enough`]
  })
  return [...sameName, ...sameTarget]
}

function stepsOf(file: unknown): readonly unknown[] {
  const steps = valueAt(file, ['experiments'])
  return Array.isArray(steps) ? steps : []
}

interface Targets {
  /** The long spelling, whichever was used. */
  readonly conditions: unknown
  /** Where a condition stands; the short spelling is names alone. */
  pathOf(key: string): Path
}

function targetsOf(step: unknown, path: Path): Targets {
  const own = valueAt(step, ['targets'])
  const targets = own ?? valueAt(step, ['params', 'targets'])
  const base = [...path, ...(own === undefined ? ['params', 'targets'] : ['targets'])]
  const short = typeof targets === 'string' || Array.isArray(targets)
  return { conditions: short ? { names: targets } : targets, pathOf: (key) => (short ? base : [...base, key]) }
}

function namesOf(conditions: unknown): readonly string[] {
  const names = valueAt(conditions, ['names'])
  if (typeof names === 'string') return splitNames(names)
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

function has(object: unknown, key: string): boolean {
  return valueAt(object, [key]) !== undefined
}

function targetFindings(step: unknown, path: Path): readonly Finding[] {
  const { conditions, pathOf } = targetsOf(step, path)
  const findings: Finding[] = []
  const say = (at: Path, message: string) => findings.push({ path: at, at: 'key', message })

  if (has(step, 'targets') && has(valueAt(step, ['params']), 'targets')) {
    say([...path, 'params', 'targets'], 'stands beside `targets` of the step. Allowed: only one of the two')
  }
  if (has(conditions, 'percent') && has(conditions, 'count')) say(pathOf('count'), 'stands beside `percent`. Allowed: only one of the two')
  const [names, count] = [new Set(namesOf(conditions)).size, valueAt(conditions, ['count'])]
  if (names > 0 && typeof count === 'number' && count > names)
    say(pathOf('count'), `found ${count} of ${names} named; allowed: at most ${names}`)

  const kind = valueAt(step, ['params', 'partition_type'])
  if (valueAt(step, ['type']) !== 'network_partition') return findings
  if (kind === 'specific' && !conditionKeys.some((key) => has(conditions, key))) {
    say([...path, 'params', 'partition_type'], '`specific` needs `targets`: pod names, or a selector, owner, zone or node')
  }
  if ((kind === 'random' || kind === 'all') && has(conditions, 'names')) {
    say(pathOf('names'), `pod names do not go with partition_type \`${kind}\`: use \`specific\``)
  }
  for (const amount of ['percent', 'count'].filter((key) => kind === 'all' && has(conditions, key))) {
    say(pathOf(amount), 'partition_type `all` takes every candidate: use `random` for some of them')
  }
  return findings
}

function graceFindings(step: unknown, path: Path): readonly Finding[] {
  const grace = valueAt(step, ['params', 'graceSeconds'])
  const duration = valueAt(step, ['duration'])
  if (valueAt(step, ['params', 'failure_type']) !== 'pod-kill' || typeof grace !== 'number') return []
  const at = [...path, 'params', 'graceSeconds']
  if (valueAt(step, ['params', 'signal']) === 'KILL') {
    return [{ path: at, at: 'key', message: 'has no meaning with signal `KILL`, which comes at once. Allowed: only with `TERM`' }]
  }
  if (typeof duration !== 'number' || grace < duration) return []
  return [
    {
      path: at,
      at: 'value',
      message: `found ${grace}: KILL would come after the step's end; allowed: less than its duration (${duration})`,
    },
  ]
}

function timeFindings(file: unknown): readonly Finding[] {
  const most = valueAt(file, ['maxDuration'])
  const grace = valueAt(file, ['gracePeriod']) ?? suiteDefaults.gracePeriod
  const before = typeof grace === 'number' ? grace : (valueAt(grace, ['before']) ?? suiteDefaults.gracePeriod)
  const after = typeof grace === 'number' ? grace : (valueAt(grace, ['after']) ?? suiteDefaults.gracePeriod)
  const steps = stepsOf(file).map((step) => [valueAt(step, ['duration']), valueAt(step, ['interval']) ?? suiteDefaults.interval])
  const times = [most, before, after, ...steps.flat()].map((time) => (typeof time === 'number' && time >= 0 ? time * 1000 : Number.NaN))
  const [mostMs = 0, graceBeforeMs = 0, graceAfterMs = 0, ...rest] = times
  const planned = plannedMs({ graceBeforeMs, graceAfterMs, steps: [] }) + rest.reduce((sum, ms) => sum + ms, 0)
  // A time that is missing or wrong makes the sum NaN, and nothing is said.
  if (mostMs <= 0 || !(planned > mostMs)) return []
  return [
    {
      path: ['maxDuration'],
      at: 'value',
      message: `found ${mostMs / 1000}; the steps with their intervals and grace periods take ${planned / 1000} seconds; allowed: at least that`,
    },
  ]
}
