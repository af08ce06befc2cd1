import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { begin } from '../../functions/shared/begin.ts'
import type { Invocation } from '../../functions/shared/compose.ts'
import { control } from '../../functions/shared/control-actions.ts'
import { reapAll } from '../../functions/shared/reaping.ts'
import { openMemoryStore } from '../../lib/adapters/sqlite/store.ts'
import { defaultConfig } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { Store } from '../../lib/ports.ts'
import { nine, requestedRun } from '../contracts/records.ts'
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
  const engine = {
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
    requestId: 'request-2',
    settings: { suites: '.' },
    store,
    clock,
    clusters: {
      names: [],
      reach: () => Promise.reject(new FaultlineError('unavailable', 'no route to host')),
      source: () => ({ name: 'gone', via: { kind: 'sandbox', url: 'http://127.0.0.1:9' } }),
    },
    reports: {
      has: async (name: string) => put.includes(name),
      put: async (name: string) => {
        put.push(name)
        return `https://reports.example/${name}`
      },
    },
    engine: () => engine as unknown as Engine,
  } as unknown as Invocation
})

afterEach(() => store.close())

const pages = (run: string) => ['html', 'json', 'xml'].map((end) => `${run}.${end}`)

it('a start that is refused because its cluster cannot be reached leaves a report, as its alert says', async () => {
  const answer = await begin({ suite: { name: 'Quick', experiments: [step] }, wait: true }, invocation)
  expect(answer).toMatchObject({ state: 'refused', refusals: [{ code: 'unreachable', message: 'no route to host' }] })
  expect(put.sort()).toEqual(pages(String(answer.run)))
})

it('a run that a person ends leaves a report', async () => {
  await store.runs.create({ ...requestedRun('r1'), status: 'verifying', attempts: 3, retryAt: nine } as unknown as Run)
  const answer = await control({ action: 'resolve', run: 'r1', by: 'ann', why: 'the cluster is gone' }, invocation)
  expect(answer).toMatchObject({ state: 'failed' })
  expect(put.sort()).toEqual(pages('r1'))
})

describe('the reaper', () => {
  const ended = (id: string) => ({ ...requestedRun(id), status: 'succeeded', resolved: null, endedAt: nine }) as unknown as Run

  it('writes the report of a run whose driver died before it could, once', async () => {
    await store.runs.create(ended('r1'))
    await reapAll(invocation)
    await reapAll(invocation)
    expect(put.sort()).toEqual(pages('r1'))
  })

  it('leaves runs alone that ended long ago', async () => {
    await store.runs.create(ended('r1'))
    await clock.advance(3_600_000)
    await reapAll(invocation)
    expect(put).toEqual([])
  })
})
