import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { begin } from '../../functions/shared/begin.ts'
import type { Invocation } from '../../functions/shared/compose.ts'
import { control } from '../../functions/shared/control-actions.ts'
import { reapAll } from '../../functions/shared/reaping.ts'
import { leaveReports } from '../../functions/shared/reporting.ts'
import { openMemoryStore } from '../../lib/adapters/sqlite/store.ts'
import { defaultConfig } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { transition } from '../../lib/domain/transition.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { ReportStore, Store } from '../../lib/ports.ts'
import { nine } from '../contracts/records.ts'
import { requestedRun } from '../support/runs.ts'
import { storedRuns } from '../support/stored-runs.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const step = { name: 'Kill', type: 'node_failure', params: { failure_type: 'pod-delete' }, duration: 1 }
let store: Store
let put: string[]
let clock: VirtualClock
let invocation: Invocation

beforeEach(async () => {
  put = []
  clock = new VirtualClock(nine)
  store = await openMemoryStore(clock)
  const reports = {
    has: async (name: string) => put.includes(name),
    put: async (name: string) => {
      put.push(name)
      return `https://reports.example/${name}`
    },
  }
  const engine = {
    report: (run: Run) => leaveReports(reports as unknown as ReportStore, store, run),
    store,
    clock,
    config: defaultConfig,
    owner: 'control',
    notifiers: [],
    sink: null,
    isDead: () => false,
    observe: () => undefined,
  }
  invocation = {
    caller: null,
    requestId: 'request-2',
    settings: { suites: '.', deployment: { packagedSuitesOnly: false } },
    store,
    clock,
    clusters: {
      names: [],
      reach: () => Promise.reject(new FaultlineError('unavailable', 'no route to host')),
      source: () => ({ name: 'gone', via: { kind: 'sandbox', url: 'http://127.0.0.1:9' } }),
    },
    reports,
    engine: () => engine as unknown as Engine,
  } as unknown as Invocation
})

afterEach(() => store.close())

const abort = { reason: 'asked', at: nine, by: 'ann', detail: 'enough' } as const
/** As the aborted run of a driver that could revert, and not prove that nothing of it is left. */
const verifying = (id: string): Run => {
  const reverting = transition({ ...requestedRun(), id }, { type: 'abort', abort }, nine)
  const reverted = transition(reverting, { type: 'reverted', summaries: [] }, nine)
  return transition(reverted, { type: 'verify_failed', message: 'no answer', orphans: [] }, nine)
}

const pages = (run: string) => ['html', 'json', 'xml'].map((end) => `${run}.${end}`)

it('a start that is refused because its cluster cannot be reached leaves a report, as its alert says', async () => {
  const answer = await begin({ suite: { name: 'Quick', experiments: [step] }, wait: true }, invocation)
  expect(answer).toMatchObject({ state: 'refused', refusals: [{ code: 'unreachable', message: 'no route to host' }] })
  expect(put.sort()).toEqual(pages(String(answer.run)))
})

it('a start by hand claims no time of the schedule that is yet to come', async () => {
  const future = new Date(nine + 31_000).toISOString()
  const claim = begin({ suite: 'quick-test-suite', scheduledAt: future, wait: true }, invocation)
  await expect(claim).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringMatching(/yet to come: only the scheduler writes it/),
  })
  expect(await store.runs.list()).toEqual([])
})

it('a suite that came along takes no packaged one’s place, whatever its name and time', async () => {
  const scheduledAt = new Date(nine).toISOString()
  const suite = { name: 'Quick test', experiments: [step] }
  await begin({ suite, scheduledAt, wait: true }, invocation)
  const [run] = await storedRuns(store)
  expect(run?.trigger).toMatchObject({ kind: 'schedule', key: `sent along for ${scheduledAt}` })
})

it('the log names the report without the key that opens it', async () => {
  const written: string[] = []
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  try {
    const reports = {
      has: async () => false,
      put: async (name: string) => `https://bucket.s3.amazonaws.com/${name}?X-Amz-Signature=secret`,
    } as unknown as ReportStore
    const engine = { ...invocation.engine({ simulated: false }), report: (run: Run) => leaveReports(reports, store, run) }
    await begin({ suite: { name: 'Quick', experiments: [step] }, wait: true }, { ...invocation, engine: () => engine })
  } finally {
    write.mockRestore()
  }
  expect(written.join('')).toMatch(/"report":"https:\/\/bucket\.s3\.amazonaws\.com\/quick-[^?]*\.html"/)
  expect(written.join('')).not.toContain('secret')
})

it('a run that a person ends leaves a report', async () => {
  await store.runs.create(verifying('r1'))
  const answer = await control({ action: 'resolve', run: 'r1', by: 'ann', why: 'the cluster is gone' }, invocation)
  expect(answer).toMatchObject({ state: 'failed' })
  expect(put.sort()).toEqual(pages('r1'))
})

describe('the reaper', () => {
  const ended = (id: string) => transition(verifying(id), { type: 'resolved', by: 'ann', why: 'scrapped' }, nine)

  it('writes the report of a run whose driver died before it could, once', async () => {
    await store.runs.create(ended('r1'))
    await reapAll(invocation)
    await reapAll(invocation)
    expect(put.sort()).toEqual(pages('r1'))
  })

  it('leaves runs alone that ended long ago, and of whose end everyone was told', async () => {
    await store.runs.create({ ...ended('r1'), events: [] })
    await clock.advance(3_600_000)
    await reapAll(invocation)
    expect(put).toEqual([])
  })
})
