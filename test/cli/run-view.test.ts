import { describe, expect, it } from '@jest/globals'
import { advance, initialState, type RunState } from '../../cli/view/run-state.ts'
import { render, verdictLines } from '../../cli/view/run-view.ts'
import { isEnded, type Run } from '../../lib/domain/run.ts'
import { textReport } from '../../lib/report/text.ts'
import { aborted, at, base, cut, cutDone, cutRunning, cutUndone, runWith, squeeze } from '../report/records.ts'

function state(run: Run, rest: Partial<RunState> = {}): RunState {
  return { ...initialState(run), ...rest }
}

const [, secondStep] = base.steps
const second = secondStep === undefined ? [] : [secondStep]
const head = (time: string) => [` Shop  ${time}`, ' namespace shop on staging', ' run shop-20260105-090000-0a1b2c3d seed 42', '']
const foot = [
  ' Ctrl-C undoes everything at once.',
  ' To end all chaos on staging from anywhere:',
  ' kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
  ' There is no reaper here unless someone runs "faultline reap": the fuse is the',
  ' second way back.',
]
const holding = runWith({ status: 'holding', step: 0, revertAt: at(23), rechecked: false, steps: [cutRunning, ...second] })

describe('the live view', () => {
  it('never goes back to an older version of the run', () => {
    const older = { ...holding, version: holding.version - 1 }
    expect(advance(state(holding), { kind: 'note', run: older, message: 'late' })).toMatchObject({ run: holding, notes: ['late'] })
  })

  it('shows the grace before the first step', () => {
    expect(render(state(runWith({ status: 'preparing', step: 0, until: at(2) })), at(0.5), { columns: 80 })).toEqual([
      ...head('0 s so far; planned: 1 min and recovery'),
      ' ⠴ Cut      network-partition  grace, begins in 2 s',
      ' ○ Squeeze  memory-exhaustion  30 s',
      '',
      ...foot,
    ])
  })

  it('shows what is done to whom, what was measured, the fuse and the time left while a fault is held', () => {
    const warnings = { 0: ['shop-9 is left out: it runs on the host network'] }
    expect(render(state(holding, { injections: [cut], warnings }), at(13), { columns: 80 })).toEqual([
      ...head('13 s so far; planned: 1 min and recovery'),
      ' ⠋ Cut      network-partition  ████████░░░░░░░░ 10 s left',
      '     on      shop-1 (node-a)',
      '     before  canary open',
      '     during  canary closed',
      '     fuse    ends it at 09:00:53Z if driver and reaper do not',
      '     warning shop-9 is left out: it runs on the host network',
      ' ○ Squeeze  memory-exhaustion  30 s',
      '',
      ...foot,
    ])
  })

  it('says that an undo is not proven yet, and what the driver has to say', () => {
    const run = runWith({
      status: 'reverting',
      step: 1,
      attempts: 2,
      retryAt: at(41),
      since: at(39),
      abort: aborted.abort,
      steps: [cutDone, ...second],
    })
    const injections = [cutUndone, { ...squeeze, status: 'reverting' as const }]
    expect(
      render(state(run, { injections, interrupts: 1, notes: ['the store did not answer; trying again'] }), at(40), { columns: 80 }),
    ).toEqual([
      ...head('40 s so far; planned: 1 min and recovery'),
      ' ✓ Cut      network-partition  bit 20 s, undone +0.4 s, healthy +1.6 s',
      ' ⠋ Squeeze  memory-exhaustion  undoing, not proven yet (try 3)',
      '     on      shop-1 (node-a)',
      '     on      shop-2 (node-a)',
      '     before  memory 20–22.5 MiB',
      '     during  memory 120–123 MiB',
      '     fuse    ends it at 09:01:30Z if driver and reaper do not',
      '',
      ' the store did not answer; trying again',
      ' aborting (asked): customers notice',
      ' Undoing everything now. Ctrl-C again: what would stay.',
      ...foot.slice(1),
    ])
  })

  it('shows a rest, and only lines without details around it', () => {
    const lines = render(
      state(runWith({ status: 'resting', step: 0, until: at(30), steps: [cutDone, ...second] }), { injections: [cutUndone] }),
      at(26.2),
      { columns: 80 },
    )
    expect(lines.slice(4, 8)).toEqual([
      ' ✓ Cut      network-partition  bit 20 s, undone +0.4 s, healthy +1.6 s',
      ' ○ Squeeze  memory-exhaustion  30 s',
      '',
      ' resting 4 s before the next step',
    ])
  })

  it('shows each step and no advice when the run is over', () => {
    expect(render(state(aborted), at(50), { columns: 60 })).toEqual([
      ...head('took 41 s'),
      ' ✓ Cut      bit 20 s, undone +0.4 s, healthy +1.6 s',
      ' ■ Squeeze  aborted',
    ])
  })

  it('shows the steps around the current one of a long suite', () => {
    const steps = Array.from({ length: 40 }, (_, i) => ({ ...base.suite.steps[0], name: `S${i + 1}` })) as Run['suite']['steps']
    const records = steps.map(({ name }) => ({ ...cutDone, name }))
    const run = runWith({ status: 'resting', step: 20, until: at(30), suite: { ...base.suite, steps }, steps: records })
    const lines = render(state(run), at(29), { columns: 80 })
    expect(lines[4]).toBe('   … 15 earlier')
    expect(lines[5]).toMatch(/^ ✓ S16 /)
    expect(lines[16]).toMatch(/^ ✓ S27 /)
    expect(lines[17]).toBe('   … 13 later')
  })

  it('never writes wider than the terminal, and nothing that a terminal would act on', () => {
    const suite = { ...base.suite, name: 'Shop \u001b[31m\u0007' }
    const lines = render(state(runWith({ ...holding, suite }), { injections: [cut] }), at(13), { columns: 72 })
    expect(lines[0]).toBe(' Shop \\u001b[31m\\u0007  13 s so far; planned: 1 min and recovery')
    expect(lines.filter((text) => [...text].length > 72)).toEqual([])
  })
})

describe('the live view on 40 columns', () => {
  const via = { kind: 'sandbox', url: 'http://127.0.0.1:40123' } as const
  const id = 'default-test-su-20261105-090000-0a1b2c3d'
  const run = runWith({ ...holding, id, cluster: { uid: 'c1', name: 'faultline-sandbox', via, simulated: true } })

  it('cuts neither the id of the run nor the line that ends all chaos, which names its cluster', () => {
    const lines = render(state(run), at(13), { columns: 40 })
    expect(lines.slice(2, 5)).toEqual([' run', ` ${id}`, ' seed 42'])
    expect(lines.slice(-9)).toEqual([
      ' To end all chaos on faultline-sandbox',
      ' (simulated) from anywhere:',
      ' kubectl --kubeconfig /dev/null \\',
      ' --server http://127.0.0.1:40123 \\',
      ' delete jobs -A -l \\',
      ' app.kubernetes.io/managed-by=faultline',
      ' There is no reaper here unless someone',
      ' runs "faultline reap": the fuse is the',
      ' second way back.',
    ])
  })

  it('says in the verdict that nothing of it was real', () => {
    const over = runWith({ ...aborted, status: 'succeeded', abort: null, cluster: run.cluster, steps: [cutDone] })
    expect(verdictLines(state(over), at(41), 100)[0]).toBe(
      'SUCCEEDED (simulated)  the fault was proven to bite and proven to be undone (41 s, 0 orphans)',
    )
  })
})

describe('the live view of a fuse', () => {
  it('speaks in the past of one whose time is over', () => {
    const run = runWith({ status: 'reverting', step: 1, attempts: 9, retryAt: at(91), since: at(39), steps: [cutDone, ...second] })
    const injections = [{ ...squeeze, status: 'reverting' as const }]
    const fuse = (now: number) => render(state(run, { injections }), now, { columns: 80 }).filter((text) => text.startsWith('     fuse '))
    expect(fuse(at(89))).toEqual(['     fuse    ends it at 09:01:30Z if driver and reaper do not'])
    expect(fuse(at(90))).toEqual(['     fuse    was to end it at 09:01:30Z'])
  })
})

describe('the verdict', () => {
  it('gives every reason once', () => {
    expect(verdictLines(state(aborted), at(41), 60)).toEqual([
      'ABORTED  1 of 2 steps succeeded; everything is proven to be',
      '  undone (41 s, 0 orphans)',
      '  - asked: customers notice',
    ])
  })

  it('says what was proven when all went well', () => {
    const run = runWith({ ...aborted, status: 'succeeded', abort: null, steps: [cutDone, { ...cutDone, name: 'Squeeze' }] })
    expect(verdictLines(state(run), at(41), 100)).toEqual([
      'SUCCEEDED  all 2 faults were proven to bite and proven to be undone (41 s, 0 orphans)',
    ])
  })

  it('says that an undo was late, and by how much', () => {
    const late = { ...cutDone, revertedAt: at(51), recoveredAt: at(52) }
    const run = runWith({ ...aborted, status: 'succeeded', abort: null, steps: [late, { ...cutDone, name: 'Squeeze' }] })
    expect(verdictLines(state(run), at(60), 100)).toContain('  - LATE: undone 28 s after its planned end (Cut)')
    expect(textReport({ run, injections: [], history: [], samples: [] })).toContain('Late       undone 28 s after its planned end (Cut)')
  })

  it('does not call proven what a person gave their word for', () => {
    const run = runWith({ ...aborted, status: 'failed', resolved: { by: 'ana', why: 'the node was scrapped' } })
    expect(isEnded(run)).toBe(true)
    expect(verdictLines(state(run), at(41), 120)[0]).toContain('NOT proven to be undone, ended by a person')
  })

  it('says what stays and who ends it when the driver had to leave', () => {
    const run = runWith({ status: 'reverting', step: 1, attempts: 2, retryAt: at(41), since: at(39) })
    expect(verdictLines(state(run, { injections: [{ ...squeeze, status: 'reverting' }] }), at(41), 120)).toEqual([
      'NOT PROVEN UNDONE  the run is still reverting; this command leaves it',
      '  - memory-exhaustion on shop-1, shop-2: fuse faultline-injectors/faultline-x-1 ends it at 2026-01-05T09:01:30Z, or',
      '    "faultline reap" before',
      '  Go on with:',
      '    faultline reap',
      '  End all chaos on staging by hand:',
      '    kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
      '  If it can never be proven:',
      '    faultline resolve shop-20260105-090000-0a1b2c3d --by YOU --why REASON',
    ])
  })
})
