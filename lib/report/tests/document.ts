import type { FamilyName, TestResult, TestsVerdict, TestVerdict } from '../../domain/tests.ts'
import { familyNames } from '../../domain/tests.ts'
import type { ReportDocument, RunRecord, StepDocument } from '../document.ts'
import { reportDocument } from '../document.ts'
import { iso } from '../iso.ts'

/** One test, and the step of a run that it was; both null where it was not run. */
export interface TestedStep {
  readonly result: TestResult
  readonly record: RunRecord | null
  readonly step: number | null
}

/** Everything that a report of tests is made from. */
export interface TestsRecord {
  /** The family that was asked for, or `all`. */
  readonly asked: string
  readonly verdict: TestsVerdict
  readonly startedAt: number
  readonly endedAt: number
  readonly cluster: { readonly name: string; readonly simulated: boolean }
  readonly namespace: string
  readonly tests: readonly TestedStep[]
}

/** The JSON report of tests: what became of each, then the report of each run. */
export interface TestsReport extends TestsDocument {
  /** Each run once: the quick suite's tests share one. */
  readonly runs: readonly ReportDocument[]
}

/** What became of tests. Times are RFC 3339 in UTC, durations milliseconds. */
export interface TestsDocument {
  readonly schemaVersion: 1
  readonly kind: 'tests'
  readonly asked: string
  readonly verdict: TestsVerdict
  readonly startedAt: string
  readonly durationMs: number
  readonly cluster: { readonly name: string; readonly simulated: boolean }
  readonly namespace: string
  readonly families: readonly FamilySummary[]
  readonly tests: readonly TestDocument[]
}

export interface FamilySummary {
  readonly family: FamilyName
  readonly tests: number
  readonly passed: number
  readonly skipped: number
  /** Neither passed nor skipped. */
  readonly failed: number
}

export interface TestDocument {
  readonly family: FamilyName
  readonly name: string
  readonly verdict: TestVerdict
  readonly reasons: readonly string[]
  /** Its run, which `faultline show` and `faultline report` know; null where there was none. */
  readonly run: string | null
  readonly activeMs: number | null
  readonly undoneAfterMs: number | null
  readonly recoveryMs: number | null
}

/** Makes the JSON report of tests. Pure. */
export function testsReport(record: TestsRecord): TestsReport {
  return { ...testsDocument(record), runs: runsOf(record).map(reportDocument) }
}

/** Each run once: the quick suite's tests share one. */
export function runsOf({ tests }: TestsRecord): readonly RunRecord[] {
  return [...new Set(tests.flatMap(({ record }) => record ?? []))]
}

/** The same without the reports of the runs. Pure. */
export function testsDocument({ asked, verdict, startedAt, endedAt, cluster, namespace, tests }: TestsRecord): TestsDocument {
  return {
    schemaVersion: 1,
    kind: 'tests',
    asked,
    verdict,
    startedAt: iso(startedAt),
    durationMs: endedAt - startedAt,
    cluster,
    namespace,
    families: familyNames.flatMap((family) => summaryOf(family, tests)),
    tests: tests.map((one) => {
      const { step } = stepOf(one)
      const { family, name, verdict: of, reasons } = one.result
      const { activeMs = null, undoneAfterMs = null, recoveryMs = null } = step ?? {}
      return { family, name, verdict: of, reasons, run: one.record?.run.id ?? null, activeMs, undoneAfterMs, recoveryMs }
    }),
  }
}

function summaryOf(family: FamilyName, tests: readonly TestedStep[]): readonly FamilySummary[] {
  const verdicts = tests.filter(({ result }) => result.family === family).map(({ result }) => result.verdict)
  if (verdicts.length === 0) return []
  const count = (wanted: TestVerdict) => verdicts.filter((verdict) => verdict === wanted).length
  const [passed, skipped] = [count('passed'), count('skipped')]
  return [{ family, tests: verdicts.length, passed, skipped, failed: verdicts.length - passed - skipped }]
}

/** The run of a test as its own report tells it, and the step of it that the test was. */
export function stepOf({ record, step }: TestedStep): { readonly document: ReportDocument | null; readonly step: StepDocument | null } {
  const document = record === null ? null : reportDocument(record)
  return { document, step: step === null ? null : (document?.steps[step] ?? null) }
}
