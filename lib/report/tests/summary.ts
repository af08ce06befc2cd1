import type { TestVerdict } from '../../domain/tests.ts'
import { duration, lateness } from '../durations.ts'
import type { TestDocument, TestsDocument } from './document.ts'

/** How the tests ended, in one line: `SUCCEEDED  14 of 16 tests passed, 2 skipped (simulated)`. */
export function testsSentence({ verdict, tests, cluster, durationMs }: TestsDocument): string {
  const count = (wanted: (verdict: TestVerdict) => boolean) => tests.filter((test) => wanted(test.verdict)).length
  const skipped = count((one) => one === 'skipped')
  const notRun = count((one) => one === 'not_run')
  const unproven = count((one) => one === 'unproven')
  return [
    `${count((one) => one === 'passed')} of ${tests.length} tests passed`,
    ...(skipped === 0 ? [] : [`${skipped} skipped, which is no pass`]),
    ...(notRun === 0 ? [] : [`${notRun} not run`]),
    ...(unproven === 0 ? [] : [`${unproven} NOT PROVEN UNDONE: go on with "faultline reap"`]),
    ...(verdict === 'failed' && skipped + count((one) => one === 'passed') === tests.length
      ? ['in CI a skipped test fails, unless --allow-skips']
      : []),
  ]
    .join(', ')
    .concat(` (${duration(durationMs)})${cluster.simulated ? ' (simulated)' : ''}`)
}

/** Columns of the table of tests. */
export const testColumns = ['family', 'test', 'verdict', 'active', 'undone after', 'recovered after'] as const

/** A test as a row of that table. */
export function testRow({ family, name, verdict, activeMs, undoneAfterMs, recoveryMs }: TestDocument): readonly string[] {
  const time = (ms: number | null, text: (ms: number) => string = duration) => (ms === null ? '-' : text(ms))
  return [family, name, verdict.replaceAll('_', ' '), time(activeMs), time(undoneAfterMs, lateness), time(recoveryMs)]
}

/** Why each of the tests that did not pass did not. */
export function testReasons({ tests }: TestsDocument): readonly string[] {
  return tests
    .filter(({ verdict }) => verdict !== 'passed')
    .flatMap(({ name, verdict, reasons }) =>
      reasons.length === 0 ? [] : [`${name} (${verdict.replaceAll('_', ' ')}): ${reasons.join('; ')}`],
    )
}

/** Columns of the table of families, and its rows. */
export const familyColumns = ['family', 'tests', 'passed', 'skipped', 'failed'] as const

export function familyRows({ families }: TestsDocument): readonly (readonly string[])[] {
  return families.map(({ family, tests, passed, skipped, failed }) => [family, ...[tests, passed, skipped, failed].map(String)])
}
