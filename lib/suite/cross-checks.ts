import { sayAll } from '../domain/guard.ts'
import { isUnmeasured, unmeasured } from '../domain/hypothesis.ts'
import { plannedMs } from '../domain/together.ts'
import { nextDate } from './cron-dates.ts'
import { quote } from './did-you-mean.ts'
import { valueAt } from './explain.ts'
import { paramFindings } from './param-checks.ts'
import { probeFindings } from './probe-checks.ts'
import type { Finding, Path } from './problems.ts'
import { scheduleFindings } from './schedule.ts'
import { type SuiteFile, suiteDefaults } from './schema.ts'
import { splitNames } from './targets-schema.ts'
import { togetherFindings } from './together-checks.ts'

const conditionKeys = ['names', 'selector', 'owner', 'zone', 'node', 'nodeSelector']

/**
 * What no single field shows: conditions between fields. Works on the file as it stands, so that these are found beside whatever else is
 * wrong; a field of the wrong type is left to the schema.
 */
export function crossFindings(file: unknown): readonly Finding[] {
  return [
    ...stepsOf(file).flatMap((step, n) => [...targetFindings(step, ['experiments', n]), ...paramFindings(step, ['experiments', n])]),
    ...togetherFindings(stepsOf(file)),
    ...timeFindings(file),
    ...probeFindings(file),
    ...scheduleFindings(file),
  ]
}

/** Anywhere on earth it is this day or a later one. */
function yesterday(now: number): { readonly year: number; readonly month: number; readonly day: number } {
  const date = new Date(now - 86_400_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** A suite may be started by hand when its schedule is over, so that is no error. */
function pastSchedule({ schedule }: SuiteFile, now: number): readonly string[] {
  if (schedule?.cron === undefined || !schedule.enabled || nextDate(schedule.cron, yesterday(now)) !== undefined) return []
  return [`schedule.cron: ${quote(schedule.cron)} lies in the past: it will never start by itself again`]
}

/** What is allowed but probably not meant. */
export function warningsOf(file: SuiteFile, now: number = Date.now()): readonly string[] {
  const names = file.experiments.map((step) => step.name)
  const sameName = names.flatMap((name, n) => {
    const first = names.indexOf(name)
    return first === n
      ? []
      : [`experiments[${n}].name: ${quote(name)} is also the name of experiments[${first}]; reports tell them apart by number only`]
  })
  const sameTraffic = file.experiments.flatMap(({ params }, n) =>
    ['ports', 'cidrs'].flatMap((key) => {
      const twice = twiceIn(valueAt(params, [key]))
      return twice.length === 0
        ? []
        : [`experiments[${n}].params.${key}: ${twice.map(quote).join(', ')} stands there more than once; once is enough`]
    }),
  )
  const sameTarget = file.experiments.flatMap((step, n) => {
    const twice = twiceIn(namesOf(targetsOf(step, []).conditions))
    return twice.length === 0
      ? []
      : [`experiments[${n}]: ${twice.map(quote).join(', ')} is named more than once among the targets; once is enough`]
  })
  const moreThanHalf = file.experiments.flatMap((step, n) => {
    const share = valueAt(targetsOf(step, []).conditions, ['percent'])
    const isDrain = valueAt(step.params, ['failure_type']) === 'node-drain'
    if (typeof share !== 'number' || share <= 50 || isDrain || step.blastRadius === 'all') return []
    return [`experiments[${n}]: ${share} % is more than half: refused of a workload where it comes to that, unless the step says ${sayAll}`]
  })
  const { hypothesis = '', probes } = file
  const steps = file.experiments.map((step) => ({ hypothesis: step.hypothesis ?? '' }))
  const notMeasured = isUnmeasured({ hypothesis, steps, probes }) ? [unmeasured] : []
  return [...notMeasured, ...moreThanHalf, ...sameName, ...sameTarget, ...sameTraffic, ...pastSchedule(file, now)]
}

function twiceIn(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? [...new Set(list.filter((entry, at) => list.indexOf(entry) !== at))] : []
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

  return valueAt(step, ['type']) === 'network_partition' ? [...findings, ...partitionTargetFindings(step, path)] : findings
}

function partitionTargetFindings(step: unknown, path: Path): readonly Finding[] {
  const { conditions, pathOf } = targetsOf(step, path)
  const kind = valueAt(step, ['params', 'partition_type'])
  const narrowed = conditionKeys.some((key) => has(conditions, key))
  const findings: Finding[] = []
  const say = (at: Path, message: string) => findings.push({ path: at, at: 'key', message })

  if (kind === 'specific' && !narrowed) {
    say([...path, 'params', 'partition_type'], '`specific` needs `targets`: pod names, or a selector, owner, zone or node')
  }
  if ((kind === 'random' || kind === 'all') && has(conditions, 'names')) {
    say(pathOf('names'), `pod names do not go with partition_type \`${kind}\`: use \`specific\``)
  }
  for (const amount of ['percent', 'count'].filter((key) => kind === 'all' && has(conditions, key))) {
    say(pathOf(amount), 'partition_type `all` takes every candidate: use `random` for some of them')
  }
  if (kind === 'all' && valueAt(step, ['blastRadius']) === 'half')
    say([...path, 'blastRadius'], '`half` contradicts partition_type `all`, which takes every candidate: use `random`')
  if (valueAt(step, ['params', 'coverNew']) === true) {
    const at = [...path, 'params', 'coverNew']
    if (kind !== undefined && kind !== 'all') say(at, `goes with partition_type \`all\` only: \`${kind}\` takes the pods that are there`)
    if (valueAt(step, ['params', 'mechanism']) !== 'policy') say(at, 'needs mechanism `policy`: an injector holds the pods that are there')
    for (const key of ['owner', 'zone', 'node', 'nodeSelector'].filter((condition) => has(conditions, condition)))
      say(pathOf(key), 'does not go with `coverNew`: a NetworkPolicy selects by labels alone')
  }
  const isSplit = valueAt(step, ['params', 'scope']) === 'split' && valueAt(step, ['params', 'against']) === undefined
  if (kind === 'random' && !narrowed && isSplit && valueAt(conditions, ['percent']) === 100) {
    say(pathOf('percent'), 'found 100, which with scope `split` would leave nothing on the other side; allowed: less')
  }
  return findings
}

function timeFindings(file: unknown): readonly Finding[] {
  const most = valueAt(file, ['maxDuration'])
  const grace = valueAt(file, ['gracePeriod']) ?? suiteDefaults.gracePeriod
  const before = typeof grace === 'number' ? grace : (valueAt(grace, ['before']) ?? suiteDefaults.gracePeriod)
  const after = typeof grace === 'number' ? grace : (valueAt(grace, ['after']) ?? suiteDefaults.gracePeriod)
  const [mostMs = 0, graceBeforeMs = 0, graceAfterMs = 0] = [most, before, after].map(asMs)
  const planned = plannedMs({ graceBeforeMs, graceAfterMs, steps: stepsOf(file).map(timesOf) })
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

/** A time of the file, NaN where it is none. */
function asMs(time: unknown): number {
  return typeof time === 'number' && time >= 0 ? time * 1000 : Number.NaN
}

function timesOf(step: unknown): Parameters<typeof plannedMs>[0]['steps'][number] {
  const [name, group, delay, after] = ['name', 'together', 'delay', 'after'].map((key) => valueAt(step, [key]))
  const times = { durationMs: asMs(valueAt(step, ['duration'])), intervalMs: asMs(valueAt(step, ['interval']) ?? suiteDefaults.interval) }
  const waited = [after].flat().filter((one) => typeof one === 'string')
  const together = typeof group === 'string' ? { together: { group, delayMs: asMs(delay ?? 0), after: waited } } : {}
  return { name: typeof name === 'string' ? name : '', ...times, ...together }
}
