import { afterEach, describe, expect, it } from '@jest/globals'
import { isOfPlan } from '../../lib/domain/plan-seal.ts'
import { reasonTexts } from '../../lib/domain/reason.ts'
import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { LocalAws, LocalAwsOptions } from '../../sandbox/aws/local-aws.ts'
import { openWithRoles } from '../support/local-aws.ts'

let aws: LocalAws | undefined

afterEach(async () => {
  await aws?.close()
  const refused = aws?.refused ?? []
  aws = undefined
  expect(refused).toEqual([])
})

async function open(options: Partial<LocalAwsOptions> = {}): Promise<LocalAws> {
  aws = await openWithRoles({ sandbox: { replicas: 6, backOffBaseMs: 500 }, ...options })
  return aws
}

const step = (type: string, params: object, duration: number) => ({
  name: JSON.stringify(params),
  type,
  params,
  duration,
  targets: { count: 2 },
})
const suite = {
  name: 'Packed',
  gracePeriod: 1,
  recoveryTimeout: 60,
  experiments: [
    step('network_partition', { partition_type: 'random', mechanism: 'policy' }, 5),
    step('node_failure', { failure_type: 'pod-delete' }, 3),
    step('resource_exhaustion', { resource_type: 'memory', intensity: 'low' }, 3),
    step('network_degradation', { degradation_type: 'latency', latency: 50 }, 3),
  ],
}
const longPartition = { ...suite, experiments: [step('network_partition', { partition_type: 'random', mechanism: 'policy' }, 120)] }

/** What was done to whom, in which order, and what came of it: not who did it. */
async function deeds(local: LocalAws, run: Run) {
  const [history, ledger] = await Promise.all([local.store.ledger.history(run.id), local.store.ledger.list(run.id)])
  const types = history.map((event) => event.type).filter((type) => !['leased', 'handed_over', 'released', 'undo_unproven'].includes(type))
  return {
    status: run.status,
    orphans: run.orphans,
    verdicts: run.steps.map((step) => [step.verdict, reasonTexts(step)]),
    events: types.filter((type, n) => type !== types[n - 1]),
    // On how many nodes the targets are, and so how many entries there are, is the cluster's choice. What a driver wrote that was cut
    // before it sealed its plan was never injected.
    ledger: run.steps.map((_, at) => {
      const entries = ledger.filter((entry) => entry.step === at && isOfPlan(entry, run.steps[at]))
      const count = entries.reduce((sum, { targets }) => sum + targets.length, 0)
      return [...new Set(entries.map(({ fault, status }) => `${fault} ${status}`)), count]
    }),
  }
}

async function onlyRun(local: LocalAws): Promise<Run> {
  const runs = await local.store.runs.list()
  expect(runs).toHaveLength(1)
  return (await local.store.runs.load(runs[0]?.id ?? '')) as Run
}

const left = (local: LocalAws) => local.sandbox.objects().filter((object) => object.metadata.labels?.['faultline.dev/run'] !== undefined)

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !(await done()); tries++) await new Promise((resolve) => setTimeout(resolve, 100))
}

/** A start that comes long after its time is refused. */
const due = `${new Date().toISOString().slice(0, 19)}Z`

describe('the packaged functions', () => {
  it('play a whole suite by start, cut into five hand-overs at least, to the same end as uncut', async () => {
    const uncutAws = await open()
    await uncutAws.invoke('start', { suite, seed: 7, scheduledAt: due })
    const uncut = await deeds(uncutAws, await onlyRun(uncutAws))
    expect(uncut.status).toBe('succeeded')
    await uncutAws.close()
    expect(uncutAws.refused).toEqual([])

    const local = await open({ timeoutMs: { start: 8_000, advance: 8_000 } })
    await local.invoke('start', { suite, seed: 7, scheduledAt: due })
    await local.idle()
    const run = await onlyRun(local)
    expect(await deeds(local, run)).toEqual(uncut)
    const handOvers = (await local.store.ledger.history(run.id)).filter((event) => event.type === 'handed_over')
    expect(handOvers.length).toBeGreaterThanOrEqual(5)
    expect(local.invocations.filter(({ name, error }) => name === 'advance' && error === undefined).length).toBeGreaterThanOrEqual(5)
    expect(local.invocations.filter(({ error }) => error !== undefined)).toEqual([])
    expect([left(local), local.sandbox.effects()]).toEqual([[], []])
  })

  it('make one run of the same scheduled event, delivered three times', async () => {
    const local = await open()
    const event = { suite: { ...suite, experiments: suite.experiments.slice(1, 2) }, scheduledAt: due }
    await Promise.all([1, 2, 3].map(() => local.invoke('start', event)))
    const run = await onlyRun(local)
    expect([run.status, run.trigger.kind]).toEqual(['succeeded', 'schedule'])
    expect((await local.store.ledger.history(run.id)).filter(({ type }) => type === 'injected')).toHaveLength(1)
  })

  it('revert within 5 s of a halt, and refuse a start afterwards, on record, until it is lifted', async () => {
    const local = await open()
    const driving = local.invoke('start', { suite: longPartition, wait: true })
    await until(async () => (await local.store.runs.list()).some((run) => run.status === 'holding'))
    const haltedAt = Date.now()
    const answer = await local.invoke('halt', { by: 'ann', why: 'incident' })
    expect(answer).toMatchObject({ happened: 'everything is halted by ann (claimed): 1 live runs revert now, and none starts' })
    await driving
    const run = await onlyRun(local)
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann (claimed)', detail: 'incident' } })
    const history = await local.store.ledger.history(run.id)
    const seenAt = history.find((event) => event.type === 'abort')?.at ?? 0
    const undoneAt = history.find((event) => event.type === 'reverted')?.at ?? 0
    // The undo of a policy takes its fuse's collection: measured at 2.4 s at most.
    expect([seenAt - haltedAt <= 5_000, undoneAt - seenAt <= 5_000]).toEqual([true, true])
    expect(left(local)).toEqual([])

    const refused = await local.invoke('start', { suite, scheduledAt: due })
    expect(refused).toMatchObject({
      state: 'refused',
      refusals: [{ code: 'halted', message: 'everything is halted by ann (claimed): incident' }],
    })
    expect((await local.store.runs.list()).map(({ status }) => status)).toEqual(['refused', 'aborted'])
    await local.invoke('resume', { by: 'ann' })
    const { experiments } = suite
    const after = await local.invoke('start', { suite: { ...suite, experiments: experiments.slice(1, 2) } })
    expect(after).toMatchObject({ state: 'succeeded' })
  })

  it('revert what a driver left that Lambda killed in the middle of a fault', async () => {
    const local = await open()
    const driving = local.invoke('start', { suite: longPartition }, { timeoutMs: 30_000 }).catch((error: unknown) => error)
    await until(async () => (await local.store.runs.list()).some((run) => run.status === 'holding'))
    await local.kill('start')
    expect(String(await driving)).toContain('died')
    await until(async () => {
      await local.invoke('reap', {})
      return isEnded(await onlyRun(local))
    })
    expect(await onlyRun(local)).toMatchObject({ status: 'aborted', abort: { reason: 'driver_lost' } })
    expect(left(local)).toEqual([])
  })

  it('record a start whose cluster does not answer as a refused run', async () => {
    const local = await open()
    await local.sandbox.close()
    const answer = await local.invoke('start', { suite, scheduledAt: due })
    expect(answer).toMatchObject({ state: 'refused', refusals: [{ code: 'unreachable' }] })
  })

  it.each([
    ['start', { suit: 'quick-test-suite' }, /the input of start: .*`suit`: did you mean `suite`/],
    ['start', { suite: 'quick-test' }, /suite `quick-test` is not packaged. Allowed: default-test-suite, quick-test-suite/],
    ['start', { suite: { name: 'x' } }, /experiments/],
    ['start', { suite: 'quick-test-suite', cluster: 'nowhere' }, /cluster `nowhere` .*Allowed: embedded/],
    [
      'control',
      { action: 'stop' },
      /action: `stop`.*Allowed: run, reap, doctor, inject, test, sweep, replay, status, plan, abort, resolve, pause, unpause/,
    ],
    ['control', { action: 'abort' }, /run/],
    ['advance', { 'detail-type': 'other', detail: {} }, /detail-type/],
  ] as const)('say of a wrong input to %s what is wrong, and do nothing', async (name, input, message) => {
    const local = aws ?? (await open())
    await expect(local.invoke(name, input)).rejects.toThrow(message)
    expect(await local.store.runs.list()).toEqual([])
  })
})
