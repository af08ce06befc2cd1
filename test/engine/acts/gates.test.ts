import { afterEach, expect, it } from '@jest/globals'
import type { GuardRule } from '../../../lib/domain/guard-rules.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import { guardRules, guardsSchema } from '../../../lib/owner-guards.ts'
import { fakeProbes, type Said } from '../../support/probes.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

afterEach(() => world.close())

const suite = suiteOf([stepOf(partition)])
const query = 'slo_error_budget_left_ratio'
const noCalendar = () => {
  throw new TypeError('no rule names a calendar')
}
const rulesOf = (tolerance: unknown): readonly GuardRule[] =>
  guardRules(guardsSchema.parse([{ gates: [{ name: 'error budget', query, tolerance, retries: 0 }] }]), noCalendar)

it.each<readonly [string, unknown, Said, string | null]>([
  ['opens for what it needs', '> 0.5', 0.51, null],
  ['is closed at its boundary', '> 0.5', 0.5, 'gate error budget is closed: it measured 0.5; needed: > 0.5'],
  ['is open at a boundary that belongs to it', { min: 0.5 }, 0.5, null],
  ['is closed where nothing is measured', '> 0.5', 'refuses', 'gate error budget is closed: it measured nothing: '],
])('a gate %s, in a plan and at the start', async (_, tolerance, said, why) => {
  world = await openWorld()
  const before = world.footprint()
  const asked: string[] = []
  const engine = world.engine('driver-1', {
    config: { guards: rulesOf(tolerance) },
    probes: fakeProbes(({ name, source }) => {
      asked.push(`${name}: ${source.type === 'prometheus' ? source.query : source.type}`)
      return said
    }),
  })
  const expected = why === null ? [] : [{ code: 'guard', step: null, message: expect.stringContaining(why) }]
  expect((await world.play(examineSuite(engine, { cluster: world.cluster, suite, seed: 1 }))).admission.refusals).toEqual(expected)
  const run = await world.run(engine, suite)
  expect(run.status === 'refused' ? run.refusals : []).toEqual(expected)
  expect(run.status).toBe(why === null ? 'succeeded' : 'refused')
  expect(world.footprint()).toEqual(before)
  // Once by the plan, once by the start: not while the fault holds.
  const counts = why === null ? Array<string>(3).fill('ready pods: kubernetes') : []
  expect(asked).toEqual([`error budget: ${query}`, `error budget: ${query}`, ...counts])
})

it('a gate without a Prometheus to ask is closed, and says which setting names one', async () => {
  world = await openWorld()
  const run = await world.run(world.engine('driver-1', { config: { guards: rulesOf('> 0.5') } }), suite)
  const message = expect.stringMatching(/^gate error budget is closed: it measured nothing: no Prometheus is configured: --prometheus-url/)
  expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'guard', message }] })
})
