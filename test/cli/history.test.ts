import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openSqliteStore } from '../../lib/adapters/sqlite/store.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import type { Run } from '../../lib/domain/run.ts'
import { columnsOf } from '../../lib/report/columns.ts'
import { aborted, at, cutDone } from '../report/records.ts'
import { faultline } from './fake-terminal.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-history-'))
  const store = await openSqliteStore({ directory, clock: systemClock })
  const soon = systemClock.now() - 3_600_000
  const run = (n: number, change: object) =>
    ({
      ...aborted,
      id: `shop-20260105-09000${n}-0a1b2c3${n}`,
      status: 'succeeded',
      abort: null,
      requestedAt: soon + n * 60_000,
      endedAt: soon + n * 60_000 + 40_500,
      cluster: { ...aborted.cluster, simulated: n === 1 },
      steps: [{ ...cutDone, score: 100 }],
      ...change,
    }) as Run
  try {
    await store.runs.create(run(1, {}))
    await store.runs.create(run(2, {}))
    await store.runs.create(run(3, { status: 'failed', steps: [{ ...cutDone, verdict: 'failed', score: 40, recoveredAt: at(95) }] }))
    await store.runs.create(run(4, { status: 'refused', refusals: [], steps: [] }))
  } finally {
    await store.close()
  }
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const ask = (...args: readonly string[]) => faultline([...args, '--state', directory])

describe('runs', () => {
  it('fits 80 columns, by ids that other commands take', async () => {
    const { out } = await ask('runs')
    const rows = out.trimEnd().split('\n')
    expect(rows[0]).toMatch(/^run +state +started +took +namespace$/)
    expect(rows[1]).toMatch(/^shop-20260105-090004 +refused +\d\d-\d\d \d\d:\d\d +41 s +shop$/)
    expect(rows.at(-1)).toBe('some on a simulated cluster (--wide says which)')
    expect(Math.max(...rows.map(columnsOf))).toBeLessThanOrEqual(80)
    expect((await ask('show', 'shop-20260105-090002')).out).toContain('shop-20260105-090002-0a1b2c32')
  })

  it('tells everything with --wide', async () => {
    const { out } = await ask('runs', '--wide')
    expect(out).toMatch(/^run +state +suite +namespace +cluster +started +took$/m)
    expect(out).toMatch(/^shop-20260105-090001-0a1b2c31 +succeeded +Shop +shop +staging \(simulated\) /m)
  })
})

describe('latest', () => {
  it('is the latest, whatever became of it, and says which', async () => {
    const { out, err } = await ask('report', 'latest', '--format', 'json')
    expect(JSON.parse(out)).toMatchObject({ run: 'shop-20260105-090004-0a1b2c34', verdict: 'refused' })
    expect(err).toBe('latest is shop-20260105-090004-0a1b2c34 (refused)\n')
    expect((await ask('show', 'latest', '--json')).err).toBe('')
  })
})

describe('trend', () => {
  it('shows each run and what got worse, by the name of the suite', async () => {
    const { code, out } = await ask('trend', 'Shop')
    expect(code).toBe(0)
    expect(out.split('\n\n').map((text) => text.trimEnd().split('\n'))).toEqual([
      [
        'Shop on staging, namespace shop: 3 runs',
        'run                   verdict    score  good  detect  recover     undo',
        'shop-20260105-090001  succeeded  100    1/1   -       1.6 s       0.4 s',
        'shop-20260105-090002  succeeded  100    1/1   -       1.6 s       0.4 s',
        'shop-20260105-090003  failed     40     0/1   -       1 min 12 s  0.4 s',
        'worse than the one before: verdict failed (succeeded)',
        'worse than the 2 before: score 40 (100)',
        'worse than the 2 before: recovered after 1 min 12 s (1.6 s)',
      ],
    ])
  })

  it('is a document with --json', async () => {
    const { out } = await ask('trend', 'Shop', '--json')
    expect(JSON.parse(out)).toMatchObject({ suite: 'Shop', trends: [{ comparedWith: 2, runs: [{}, {}, {}] }] })
  })

  it('says when nothing is over yet, and when no suite is meant', async () => {
    expect((await ask('trend', 'quick')).out).toMatch(/^no run of "Quick test suite" is over yet in /)
    const { code, err } = await ask('trend', 'nonesuch')
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^error: there is no file nonesuch, and suite /) })
  })
})

describe('diff', () => {
  const [two, three] = ['shop-20260105-090002', 'shop-20260105-090003']

  it('says what got worse first', async () => {
    const { code, out } = await ask('diff', two, three)
    expect(code).toBe(0)
    expect(out).toContain('WORSE  run  verdict          succeeded  failed')
    expect(out).toContain('WORSE  Cut  recovered after  1.6 s      1 min 12 s')
  })

  it.each([
    [two, three, 1],
    [three, two, 0],
    [two, two, 0],
  ])('with --exit-code from %s to %s ends with %i', async (before, now, expected) => {
    expect((await ask('diff', before, now, '--exit-code')).code).toBe(expected)
  })

  it('is a document with --json', async () => {
    const { out } = await ask('diff', two, three, '--json')
    const { differences } = JSON.parse(out)
    expect(differences[0]).toEqual({ of: 'run', what: 'verdict', before: 'succeeded', now: 'failed', change: 'worse' })
  })
})

describe('prune', () => {
  it('removes what is old and over with its reports, keeps the newest of each suite, and leaves other files alone', async () => {
    const reports = join(directory, 'reports')
    await mkdir(reports, { recursive: true })
    const gone = 'gone-20250105-090000-0a1b2c3d.html'
    for (const name of ['shop-20260105-090001-0a1b2c31.txt', gone, 'notes.txt']) await writeFile(join(reports, name), 'x')
    const longAgo = new Date(systemClock.now() - 40 * 86_400_000)
    for (const name of [gone, 'notes.txt']) await utimes(join(reports, name), longAgo, longAgo)
    const store = await openSqliteStore({ directory, clock: systemClock })
    const suite = { ...aborted.suite, name: 'Old' }
    const old = { ...aborted, suite, id: 'old-20260105-090000-0a1b2c3d', endedAt: systemClock.now() - 3 * 86_400_000, events: [] }
    try {
      await store.runs.create(old)
      await store.runs.create({ ...old, id: 'old-20260106-090000-0a1b2c3d', requestedAt: old.requestedAt + 1 })
    } finally {
      await store.close()
    }
    const would = await ask('prune', '--older-than', '2', '--dry-run')
    expect(would.out).toBe('would remove 1 run and 1 report older than 2 days\n')
    const { code, out } = await ask('prune', '--older-than', '2', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ dryRun: false, runs: ['old-20260105-090000-0a1b2c3d'], reports: [join(reports, gone)] })
    expect((await readdir(reports)).sort()).toEqual(['notes.txt', 'shop-20260105-090001-0a1b2c31.txt'])
    expect((await ask('show', 'old-20260105-090000-0a1b2c3d')).code).toBe(2)
    expect((await ask('show', 'old-20260106-090000-0a1b2c3d')).code).toBe(0)
  })
})
