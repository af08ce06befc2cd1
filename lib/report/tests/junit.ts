import { assertNever } from '../../domain/errors.ts'
import type { TestVerdict } from '../../domain/tests.ts'
import { junitFile, outputOf, type TestCase } from '../junit.ts'
import { stepOf, type TestedStep, type TestsRecord, testsDocument } from './document.ts'

/** Makes the JUnit report of tests: a suite for each family, a case for each test. Pure. */
export function testsJunit(record: TestsRecord): string {
  const { asked, verdict, startedAt, cluster, namespace, families } = testsDocument(record)
  return junitFile(
    families.map(({ family }) => {
      const tests = record.tests.filter(({ result }) => result.family === family)
      const cases = tests.map(caseOf)
      return {
        name: family,
        ms: cases.reduce((sum, { ms }) => sum + ms, 0),
        requestedAt: startedAt,
        host: cluster.name,
        properties: [
          ['asked', asked],
          ['verdict', verdict],
          ['cluster', cluster.name],
          ['cluster.simulated', String(cluster.simulated)],
          ['namespace', namespace],
        ],
        cases,
      }
    }),
  )
}

function caseOf(one: TestedStep): TestCase {
  const { name, verdict, reasons } = one.result
  const { document, step } = stepOf(one)
  return {
    name,
    ms: step?.activeMs ?? 0,
    outcome: outcomeOf(verdict),
    message: reasons[0] ?? verdict.replaceAll('_', ' '),
    type: verdict,
    detail: reasons.join('\n'),
    output: [...(document === null ? [] : [`run ${document.run}, seed ${document.seed}`]), ...(step === null ? [] : outputOf(step))],
  }
}

/** What a system did not withstand is a failure; what kept a test from its verdict, an error. */
function outcomeOf(verdict: TestVerdict): TestCase['outcome'] {
  switch (verdict) {
    case 'passed':
      return 'passed'
    case 'failed':
    case 'no_effect':
      return 'failure'
    case 'aborted':
    case 'refused':
    case 'unproven':
      return 'error'
    case 'skipped':
    case 'not_run':
      return 'skipped'
    default:
      return assertNever(verdict)
  }
}
