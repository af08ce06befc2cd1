import { afterEach, describe, expect, it } from '@jest/globals'
import { type Adapter, check } from '../../experiments/checker/checker.ts'
import type { LoadSpec } from '../../lib/domain/load-spec.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import type { Behaviour } from '../../sandbox/behaviours/behaviour.ts'
import { podKill, stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'

/** A small store of records, as a container of the embedded cluster runs it. */
class RecordStore {
  /** What outlives the process. */
  readonly disk = new Map<string, string>()
  /** The newest that each writer was told is there: the truth that the checker's count is held against. */
  readonly promised = new Map<string, string>()
  readonly #flushMs: number
  #memory: Map<string, string> | null = null

  /** `flushMs` 0: on disk before it is acknowledged; else acknowledged first, and written to disk so often. */
  constructor(flushMs: number) {
    this.#flushMs = flushMs
  }

  readonly behaviour: Behaviour = (context) => {
    const memory = new Map(this.disk)
    this.#memory = memory
    const flush = () => {
      for (const [key, value] of memory) this.disk.set(key, value)
      context.at(context.now() + this.#flushMs, flush)
    }
    if (this.#flushMs > 0) flush()
    const down = () => {
      if (this.#memory === memory) this.#memory = null
    }
    return { killed: down, terminate: () => context.exit(0) }
  }

  write(key: string, value: string): void {
    if (this.#memory === null) throw new Error('connection refused')
    this.#memory.set(key, value)
    if (this.#flushMs === 0) this.disk.set(key, value)
    this.promised.set(key, value)
  }

  read(key: string): readonly string[] {
    if (this.#memory === null) throw new Error('connection refused')
    const value = this.#memory.get(key)
    return value === undefined ? [] : [value]
  }

  truth(): { readonly lost: number; readonly stale: number } {
    const now = [...this.promised].map(([key, value]) => [this.#memory?.get(key), value] as const)
    return {
      lost: now.filter(([there]) => there === undefined).length,
      stale: now.filter(([there, value]) => there !== undefined && there < value).length,
    }
  }
}

/** The shipped checker as the process of a container, on the cluster's clock. */
const checkerOf =
  (store: RecordStore): Behaviour =>
  (context) => {
    let isOver = false
    const adapter: Adapter = {
      write: async (key, value) => {
        store.write(key, value)
        return 'acknowledged'
      },
      read: async (key) => store.read(key),
    }
    const sleep = (ms: number) => new Promise<void>((resolve) => void context.at(context.now() + ms, resolve))
    void check(adapter, { sleep, say: (line) => context.log(line), isOver: () => isOver }, 500).then(() =>
      sleep(300).then(() => context.exit(0)),
    )
    return {
      terminate: () => {
        isOver = true
      },
    }
  }

const records = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'records', namespace: 'jadevectordb-system' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'records' } },
    template: {
      metadata: { labels: { app: 'records' } },
      spec: { containers: [{ name: 'records', image: 'example/records:1', ports: [{ containerPort: 8080 }] }] },
    },
  },
}

const load: LoadSpec = {
  ...{ name: 'checker', image: 'example/checker:1', command: null, args: [], env: {}, user: 65_532, resources: {}, namespace: null },
  ...{ mayEnd: false, graceSeconds: 60 },
  expect: (['lost', 'stale', 'duplicated', 'unread'] as const).map((figure) => ({ figure, op: '==', value: 0 })),
}

let world: World
afterEach(() => world.close())

/** A game day that kills the store while the checker writes. */
async function gameDay(store: RecordStore) {
  world = await openWorld({ replicas: 1, behaviours: { 'example/records': store.behaviour, 'example/checker': checkerOf(store) } })
  await world.cluster.objects.create(records)
  await world.pass(5_000)
  const targets = { names: null, selector: 'app=records', owner: null, zone: null, node: null, percent: 100, count: null }
  const kill = stepOf({ ...podKill, signal: 'KILL', graceSeconds: 0 }, { targets, blastRadius: 'all', durationMs: 12_000 })
  return world.run(world.engine(), suiteOf([kill], { selector: 'app=records', load: [load], graceBeforeMs: 12_000 }))
}

describe('the checker, on a game day in the embedded cluster', () => {
  it('says lost 0 of a store that keeps what it acknowledges', async () => {
    const store = new RecordStore(0)
    const run = await gameDay(store)
    expect(store.promised.size).toBeGreaterThan(40)
    expect(run).toMatchObject({ status: 'succeeded', loads: [{ figures: { lost: 0, stale: 0, duplicated: 0, unread: 0 } }] })
    expect(run.loads?.[0]?.figures.acknowledged).toBe(store.promised.size)
    expect(run.loads?.[0]?.figures.unacknowledged).toBeGreaterThan(0)
  })

  it('says how many are lost and stale of one that acknowledges before it keeps, and fails the run', async () => {
    const store = new RecordStore(5_000)
    const run = await gameDay(store)
    const truth = store.truth()
    expect(truth.lost).toBeGreaterThan(0)
    expect(truth.stale).toBeGreaterThan(0)
    expect(run).toMatchObject({ status: 'failed', loads: [{ figures: { ...truth, duplicated: 0, unread: 0 } }] })
    expect(runReasonTexts(run as never)).toEqual([
      `load checker said of lost: ${truth.lost}; expected: == 0`,
      `load checker said of stale: ${truth.stale}; expected: == 0`,
    ])
  })
})

describe('the checker', () => {
  it('counts what is there twice, what cannot be read, and no write that was not acknowledged', async () => {
    world = await openWorld({ replicas: 1 })
    const kept = new Map<string, readonly string[]>()
    let rounds = 0
    const adapter: Adapter = {
      write: async (key, value) => {
        if (key === 'record-1') return 'unknown'
        if (key === 'record-2') throw new Error('connection reset')
        kept.set(key, key === 'record-3' ? [value, value] : [value])
        return key === 'record-4' ? 'refused' : 'acknowledged'
      },
      read: async (key) => {
        if (key === 'record-5') throw new Error('HTTP 503')
        return key === 'record-4' ? [] : (kept.get(key) ?? [])
      },
    }
    const lines: string[] = []
    const sleep = async () => {}
    const found = await check(adapter, { sleep, say: (line) => lines.push(line), isOver: () => rounds++ >= 8 }, 0)
    expect(found).toEqual({ lost: 0, stale: 0, duplicated: 1, unread: 1 })
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ figures: { records: 8, acknowledged: 5, unacknowledged: 3, ...found } })
  })
})
