import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { DOMParser, type Document } from '@xmldom/xmldom'
import type { Run } from '../../lib/domain/run.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { junitReport } from '../../lib/report/junit.ts'
import { describeWith, runTool } from '../support/tools.ts'
import { gameDay } from './game-day.ts'
import { hostile, hostileDay } from './hostile.ts'
import { aborted, base, cutDone, cutUndone, runWith } from './records.ts'

const none = { injections: [], history: [], samples: [] }
const refusals = [{ code: 'unhealthy' as const, step: null, message: '1 of 3 pods is ready' }]
const refused: RunRecord = {
  ...none,
  run: runWith({
    ...aborted,
    status: 'refused',
    abort: null,
    refusals,
    steps: base.steps.map((step) => ({ ...step, verdict: 'skipped' as const })),
  }),
}
const succeeded: RunRecord = {
  ...none,
  injections: [cutUndone],
  run: runWith({ ...aborted, status: 'succeeded', abort: null, steps: [cutDone, { ...cutDone, name: 'Squeeze' }] }),
}
const withVerdict = (verdict: 'failed' | 'no_effect' | 'aborted', reason: 'asked' | 'threshold' = 'asked'): RunRecord => ({
  ...none,
  run: runWith({
    ...aborted,
    status: verdict,
    abort: verdict === 'aborted' ? { reason, at: 0, by: 'ana', detail: 'why' } : null,
    steps: [
      { ...cutDone, verdict, reasons: [{ code: verdict === 'aborted' ? 'aborted' : 'no_effect', detail: 'why' }] },
      { ...cutDone, name: 'Squeeze' },
    ],
  } as Partial<Run>),
})
const orphans: RunRecord = {
  ...none,
  run: runWith({ ...succeeded.run, status: 'failed', orphans: 1 } as Partial<Run>),
}
const open: RunRecord = { ...none, run: runWith({ status: 'requested' }) }

function parse(record: RunRecord): Document {
  const onError = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(`${level}: ${message}`)
  }
  return new DOMParser({ onError }).parseFromString(junitReport(reportDocument(record)), 'application/xml')
}

/** Per test case: what it says went wrong, and its message. */
function outcomes(record: RunRecord): readonly (readonly string[])[] {
  return [...parse(record).getElementsByTagName('testcase')].map((one) => {
    const [sign] = ['failure', 'error', 'skipped'].flatMap((name) => [...one.getElementsByTagName(name)])
    return [one.getAttribute('name') ?? '', sign?.tagName ?? 'passed', sign?.getAttribute('message') ?? '']
  })
}

describe('the JUnit report', () => {
  it('has one test case per step, with time and evidence', () => {
    const xml = parse(gameDay)
    const suite = xml.getElementsByTagName('testsuite')[0]
    expect(['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp'].map((name) => suite?.getAttribute(name))).toEqual([
      'Shop game day',
      '4',
      '1',
      '0',
      '1',
      '222.500',
      '2026-01-05T09:00:00',
    ])
    expect(outcomes(gameDay)).toEqual([
      ['Kill a third', 'passed', ''],
      ['Cut the network', 'passed', ''],
      ['Squeeze memory', 'failure', 'too many errors (error ratio > 0.2 for 10 s): it is 0.37'],
      ['Fill the disk', 'skipped', 'skipped'],
    ])
    const [first] = [...xml.getElementsByTagName('testcase')]
    expect(first?.getAttribute('time')).toBe('60.400')
    expect(first?.getAttribute('classname')).toBe('Shop game day')
    expect(first?.getElementsByTagName('system-out')[0]?.textContent).toContain('after 09:01:13Z yes: the container is Ready again')
  })

  it('tells run, cluster, seed and score as properties', () => {
    const properties = [...parse(gameDay).getElementsByTagName('property')].map((p) => [p.getAttribute('name'), p.getAttribute('value')])
    expect(Object.fromEntries(properties)).toEqual({
      run: 'shop-game-day-20260105-090000-0a1b2c3d',
      verdict: 'aborted',
      cluster: 'staging',
      'cluster.uid': 'c1',
      'cluster.simulated': 'false',
      namespace: 'shop',
      seed: '42',
      orphans: '0',
      score: '77.17',
      'score.basis': 'from 3 of 4 steps',
      abort: 'threshold',
    })
  })

  it.each([
    ['a fault without effect and a failed step', withVerdict('no_effect'), ['failure', 'passed']],
    ['a step that failed', withVerdict('failed'), ['failure', 'passed']],
    ['an abort by a threshold', withVerdict('aborted', 'threshold'), ['failure', 'passed']],
    ['an abort by a person', withVerdict('aborted', 'asked'), ['error', 'passed']],
    ['a run that went well', succeeded, ['passed', 'passed']],
    ['a run that is not over', open, ['skipped', 'skipped']],
    ['a refusal', refused, ['skipped', 'skipped', 'error']],
    ['an orphan', orphans, ['passed', 'passed', 'error']],
  ])('maps %s', (_, record, expected) => {
    expect(outcomes(record).map(([, outcome]) => outcome)).toEqual(expected)
  })

  it('gives two steps of one name, and a step named like another, cases with names of their own', () => {
    const steps = ['Delete', 'Delete', 'Delete (step 1)', 'the run as a whole'].map((name) => ({ ...cutDone, name }))
    const [spec] = base.suite.steps
    if (spec === undefined) throw new Error('the suite has steps')
    const suite = { ...base.suite, steps: steps.map(({ name }) => ({ ...spec, name })) }
    expect(outcomes({ ...none, run: runWith({ ...orphans.run, suite, steps } as Partial<Run>) }).map(([name]) => name)).toEqual([
      'Delete (step 1) (step 1)',
      'Delete (step 2)',
      'Delete (step 1)',
      'the run as a whole (step 4)',
      'the run as a whole (step 5)',
    ])
  })

  it('leads from each case to its step in the page, and attaches the page as Jenkins and GitLab read it', () => {
    const outputs = (page: string | null) =>
      [...new DOMParser().parseFromString(junitReport(reportDocument(refused), page), 'text/xml').getElementsByTagName('testcase')].map(
        (one) => (one.getElementsByTagName('system-out')[0]?.textContent ?? '').split('\n').slice(-2),
      )
    expect(outputs('out/day.html')).toEqual([
      ['report: out/day.html#step-1', '[[ATTACHMENT|out/day.html]]'],
      ['report: out/day.html#step-2', '[[ATTACHMENT|out/day.html]]'],
      ['report: out/day.html', '[[ATTACHMENT|out/day.html]]'],
    ])
    expect(outputs(null).flat().join('\n')).not.toMatch(/report:|ATTACHMENT/)
  })

  it('says why a run was refused, so that CI does not look green', () => {
    expect(outcomes(refused).at(-1)).toEqual(['the run as a whole', 'error', '1 of 3 pods is ready'])
  })

  it('keeps hostile text as text', () => {
    const [first] = outcomes(hostileDay)
    expect(first?.[0]).toBe(
      `${hostile.replace('\u001b', '\\u001b').replace('\u202e', '\\u202e').replace('\u0000', '\\u0000').replace('\ud800', '\ufffd')} (step 1)`,
    )
  })
})

describeWith(['xmllint'], 'xmllint', () => {
  it.each([
    ['a game day', gameDay],
    ['a refusal', refused],
    ['an orphan', orphans],
    ['a run that is not over', open],
    ['hostile text', hostileDay],
  ])('finds the JUnit report of %s valid', async (_, record) => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-junit-'))
    const file = join(directory, 'junit.xml')
    await writeFile(file, junitReport(reportDocument(record)))
    const result = await runTool('xmllint', ['--noout', '--nonet', '--schema', 'test/report/junit.xsd', file])
    await rm(directory, { recursive: true })
    expect(result).toEqual({ code: 0, out: `${file} validates\n` })
  })
})
