import { describe, expect, test } from '@jest/globals'
import type { Evidence, Injection, Target } from '../../lib/domain/injection.ts'
import { finalEntryBytes, finalRunBytes, fitEvent, fitInjection, fitRun, storedBytes, tooLarge } from '../../lib/domain/record-size.ts'
import { untouchedStep } from '../../lib/domain/run.ts'
import { endedRun, event, plannedInjection, requestedRun } from '../contracts/records.ts'

describe('bytes as DynamoDB counts them', () => {
  test.each([
    ['a text by its UTF-8', 'Prüfung', 8],
    ['an emoji by four', '🔥', 4],
    ['a number by two digits a byte without the zeros at its ends, and one', 1_767_603_600_000, 5],
    ['a fraction by its significant digits', 0.25, 2],
    ['a sign by one', -12, 3],
    ['a boolean by one', true, 1],
    ['null by one', null, 1],
    ['an empty list by three', [], 3],
    ['a list by three, and one for each element', ['ab', 'c'], 8],
    ['a map by three, and one for each name and value', { a: 'bc', gone: undefined }, 7],
  ])('%s', (_, value, bytes) => {
    expect(storedBytes(value)).toBe(bytes)
  })
})

const target = (n: number): Target => ({
  kind: 'Pod',
  namespace: 'jadevectordb-system',
  name: `jadevectordb-7c9f8d6b5-${String(n).padStart(5, '0')}`,
  uid: `6f1c0a52-0000-4000-8000-${String(n).padStart(12, '0')}`,
  node: `ip-10-0-${n % 250}-17.eu-central-1.compute.internal`,
  port: 8080,
})

const evidenceOf = (phase: Evidence['phase'], targets: readonly Target[], figures: number): Evidence => ({
  phase,
  at: 1_767_603_600_000,
  finding: 'yes',
  summary: `the canaries of ${targets.length} targets`,
  measurements: targets.flatMap(({ name }) =>
    Array.from({ length: figures }, (_, i) => ({ target: name, name: `canary ${i}`, unit: '', value: 'open' })),
  ),
})

/** An entry at its end, with everything that a partition of so many pods leaves in it. */
function finished(count: number, figures = 1): Injection {
  const targets = Array.from({ length: count }, (_, n) => target(n))
  const evidence = (['before', 'during', 'end', 'after'] as const).map((phase) => evidenceOf(phase, targets, figures))
  const fuse = { namespace: 'jadevectordb-system', name: 'faultline-fuse-0123456789ab', pod: null }
  const armed = { namespace: fuse.namespace, name: fuse.name, uid: '6f1c0a52-0000-4000-8000-000000000000', burnsAt: 1_767_603_900_000 }
  return plannedInjection('r1', 0, 0, { targets, evidence, fuse, armed, version: 9, status: 'reverted' })
}

/** The same when it was planned. */
const planned = (entry: Injection) => ({ ...entry, evidence: entry.evidence.filter(({ phase }) => phase === 'before') })

describe('the size that a ledger entry will have at its end', () => {
  const limit = 400 * 1024
  const verdictOf = (count: number) => tooLarge('it', finalEntryBytes(planned(finished(count))), 'fewer')

  test('is never less than what it then has, from one target to 2,000', () => {
    for (let count = 1; count <= 2_000; count += 37) {
      const entry = finished(count)
      expect(storedBytes(entry)).toBeLessThanOrEqual(finalEntryBytes(planned(entry)))
    }
  })

  test('refuses the first number of targets whose record might not fit, and none that would leave a fifth of it free', () => {
    let most = 1
    while (verdictOf(most + 1) === null) most += 1
    expect(storedBytes(finished(most))).toBeLessThanOrEqual(limit)
    expect(storedBytes(finished(most))).toBeGreaterThan(limit * 0.8)
    expect(verdictOf(most + 1)).toMatch(/^it would have 40\d KB at its end, more than the 400 KB that can be stored; fewer$/)
  })

  test('of a whole run grows with its steps', () => {
    const { suite } = requestedRun('r1')
    const step = { name: 'Cut', durationMs: 1, intervalMs: 1, hypothesis: '' } as never
    expect(tooLarge('it', finalRunBytes({ ...suite, steps: Array(20).fill(step) }, []), 'fewer')).toBeNull()
    expect(tooLarge('it', finalRunBytes({ ...suite, steps: Array(2_000).fill(step) }, []), 'fewer')).toContain('KB at its end')
  })
})

describe('a record that is full', () => {
  test('loses its largest figures first, says so, and keeps what the undo needs', () => {
    const entry = finished(500, 3)
    expect(storedBytes(entry)).toBeGreaterThan(400 * 1024)
    const fitted = fitInjection(entry)
    expect(storedBytes(fitted)).toBeLessThanOrEqual(400 * 1024 - 2_048)
    expect(fitted).toMatchObject({ status: 'reverted', targets: entry.targets, undo: entry.undo, armed: entry.armed, version: 9 })
    expect(fitted.evidence.map(({ finding }) => finding)).toEqual(['yes', 'yes', 'yes', 'yes'])
    expect(fitted.evidence[0]?.summary).toBe('the canaries of 500 targets (its 1500 figures are left out: the record is full)')
  })

  test('is as it was while it fits', () => {
    const entry = finished(100)
    expect(fitInjection(entry)).toBe(entry)
    const run = requestedRun('r1')
    expect(fitRun(run)).toBe(run)
    expect(fitEvent(event(1, 0, 'short'))).toEqual(event(1, 0, 'short'))
  })

  test('of a run loses what the history and the ledger have whole', () => {
    const { evidence } = finished(1_000)
    const outcome = { n: 0, status: 'active' as const, reason: null, measurements: evidence[1]?.measurements ?? [] }
    const events = Array.from({ length: 6 }, (_, n) => ({ ...event(1, n, 'x'.repeat(5_000)), type: 'injected' as const, data: outcome }))
    const run = requestedRun('r1', { events })
    expect(storedBytes(run)).toBeGreaterThan(400 * 1024)
    const fitted = fitRun(run)
    expect(storedBytes(fitted)).toBeLessThan(100 * 1024)
    expect(fitted.events).toHaveLength(6)
    expect(fitted.events[0]?.message).toContain(' … ')
  })

  test('of a run keeps what it is at, whatever else fills it', () => {
    const step = { name: 'Cut', durationMs: 1, intervalMs: 1, hypothesis: '' } as never
    const long = 'x'.repeat(3_000)
    const reasons = Array.from({ length: 60 }, () => ({ code: 'no_effect' as const, detail: long }))
    const changes = Array.from({ length: 30 }, (_, n) => ({ at: 1, target: `p-${n}`, code: 'joined', message: long }))
    const record = { name: 'Cut', ...untouchedStep, verdict: 'failed' as const, revertedAt: 7, reasons, changes }
    const events = Array.from({ length: 900 }, (_, n) => event(1, n, long))
    const refusals = Array.from({ length: 500 }, () => ({ code: 'busy' as const, step: 0, message: long }))
    const base = requestedRun('r1', { steps: Array(40).fill(record), events })
    const owners = Array.from({ length: 3_000 }, (_, n) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `db-${n}`,
      uid: `u-${n}`,
      ready: 1,
    }))
    const run = {
      ...endedRun({ ...base, suite: { ...base.suite, steps: Array(40).fill(step) }, baseline: { ready: 9, total: 9, owners } }),
      refusals,
    }
    const fitted = fitRun(run)
    expect(storedBytes(fitted)).toBeLessThanOrEqual(400 * 1024 - 2_048)
    expect(fitted).toMatchObject({
      status: 'succeeded',
      endedAt: run.endedAt,
      suite: run.suite,
      version: run.version,
      baseline: { ready: 9 },
    })
    expect(fitted.steps.map(({ verdict, revertedAt }) => [verdict, revertedAt])).toEqual(run.steps.map(() => ['failed', 7]))
    expect(fitted.events.length).toBeGreaterThan(0)
  })

  test('of an entry keeps the newest proof, whatever was seen', () => {
    const entry = finished(600)
    const events = Array.from({ length: 1_500 }, (_, n) => ({ at: 1, target: `p-${n}`, code: 'restarted', message: 'x'.repeat(200) }))
    const seen = { ...entry, evidence: entry.evidence.map((one) => ({ ...one, events })) }
    const fitted = fitInjection(seen)
    expect(storedBytes(fitted)).toBeLessThanOrEqual(400 * 1024 - 2_048)
    expect(fitted).toMatchObject({ status: 'reverted', targets: entry.targets })
    expect(fitted.evidence.at(-1)).toMatchObject({ phase: 'after', finding: 'yes' })
  })
})
