import { describe, expect, it } from '@jest/globals'
import { DOMParser, type Document, type Element } from '@xmldom/xmldom'
import { type RunRecord, reportDocument } from '../../lib/report/document.ts'
import { junitReport } from '../../lib/report/junit.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'
import { longDay } from './long-day.ts'
import { refusedDay } from './refused-day.ts'

const [first] = gameDay.run.steps
const [firstStep] = gameDay.run.suite.steps
if (first === undefined || firstStep === undefined) throw new Error('the game day has no step')

/** A run of which all steps bear one name. */
const twins: RunRecord = {
  ...gameDay,
  run: {
    ...gameDay.run,
    suite: { ...gameDay.run.suite, steps: gameDay.run.suite.steps.map((step) => ({ ...step, name: firstStep.name })) },
    steps: gameDay.run.steps.map((step) => ({ ...step, name: first.name })),
  },
}

const records: readonly (readonly [string, RunRecord])[] = [
  ['a game day', gameDay],
  ['names that would act', hostileDay],
  ['a refused one', refusedDay],
  ['steps of one name', twins],
  ['48 steps of 150 targets', longDay({ steps: 48, targets: 150, hours: 1 })],
]

const page = 'out/day.html'
const xmlOf = (record: RunRecord) => junitReport(reportDocument(record), page)
const parsed = new Map<RunRecord, Document>()

/** Each is read once; that a name holds a replacement character is what the hostile one is for. */
function elements(record: RunRecord, name: string): readonly Element[] {
  const document = parsed.get(record) ?? new DOMParser({ onError: () => undefined }).parseFromString(xmlOf(record), 'application/xml')
  parsed.set(record, document)
  return [...document.getElementsByTagName(name)]
}

const attribute = (element: Element, name: string) => element.getAttribute(name) ?? ''
const within = (element: Element, name: string) => [...element.getElementsByTagName(name)]

/**
 * What GitLab reads (https://docs.gitlab.com/ci/testing/unit_test_reports): `classname` as the suite, `name` as the name, of two that share both the
 * first alone; `time`; failure, error or skipped as the outcome; the way to an attachment out of `system-out`. A file has 30 MB at most.
 */
describe.each(records)('GitLab reads %s', (_, record) => {
  const cases = elements(record, 'testcase')

  it('with a suite and a name for each case, and no two the same', () => {
    const keys = cases.map((one) => `${attribute(one, 'classname')} ${attribute(one, 'name')}`)
    expect(cases.every((one) => attribute(one, 'classname').trim() !== '' && attribute(one, 'name').trim() !== '')).toBe(true)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('with one outcome at most, a text where it is a bad one, and a time in seconds', () => {
    for (const one of cases) {
      const outcomes = ['failure', 'error', 'skipped'].flatMap((name) => within(one, name))
      expect(outcomes.length).toBeLessThanOrEqual(1)
      for (const bad of outcomes.filter(({ tagName }) => tagName !== 'skipped')) expect(bad.textContent?.trim()).not.toBe('')
      expect(attribute(one, 'time')).toMatch(/^\d+\.\d{3}$/)
    }
  })

  it('with one attachment for each case, by a path inside of the workspace', () => {
    for (const one of cases) {
      const links = within(one, 'system-out').flatMap(({ textContent }) => [
        ...(textContent ?? '').matchAll(/\[\[ATTACHMENT\|([^\]]*)\]\]/g),
      ])
      expect(links.map(([, path]) => path)).toEqual([page])
    }
  })

  it('in a file that is small enough', () => {
    expect(Buffer.byteLength(xmlOf(record))).toBeLessThan(30_000_000)
  })
})

/**
 * What actions on GitHub read that make check runs of JUnit files: one `testsuites` around suites, each with a name and its own counts; a case's
 * message in one line, as it becomes an annotation's title. A check run takes 65,535 characters of text for each annotation.
 */
describe.each(records)('actions on GitHub read %s', (_, record) => {
  it('by counts that are those of the cases', () => {
    const [root] = elements(record, 'testsuites')
    if (root === undefined) throw new Error('no testsuites')
    for (const one of [root, ...within(root, 'testsuite')]) {
      const cases = within(one, 'testcase')
      const count = (name: string) => cases.filter((each) => within(each, name).length > 0).length
      expect([attribute(one, 'name') !== '', attribute(one, 'tests'), attribute(one, 'failures'), attribute(one, 'errors')]).toEqual([
        ...[true, String(cases.length), String(count('failure')), String(count('error'))],
      ])
    }
  })

  it('with messages of one line, and texts that an annotation holds', () => {
    for (const bad of [...elements(record, 'failure'), ...elements(record, 'error')]) {
      expect(attribute(bad, 'message')).toMatch(/^[^\n\r]+$/)
      expect((bad.textContent ?? '').length).toBeLessThan(65_535)
    }
  })
})
