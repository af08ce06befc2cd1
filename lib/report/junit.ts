import type { LeftOutStep } from '../domain/suite.ts'
import type { ReportDocument, StepDocument } from './document.ts'
import { timeOfDay } from './durations.ts'
import { figuresWithBefore } from './figures.ts'
import { type Markup, markup } from './markup.ts'
import { answersText, faultWords, scoreBasis, stepFigures, verdictSentence, verdictWords } from './report-summary.ts'

/** One `<testcase>`. */
export interface TestCase {
  readonly name: string
  readonly ms: number
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped'
  /** What CI shows in one line. */
  readonly message: string
  readonly type: string
  readonly detail: string
  readonly output: readonly string[]
}

/**
 * Makes the report that CI systems read (JUnit XML as Jenkins, GitLab and others take it): one test case per step. `page`: where the HTML
 * report is, for whom reads a case: a path from the CI's workspace, or a name beside this file. Pure.
 */
export function junitReport(document: ReportDocument, page: string | null = null): string {
  const steps = document.steps.map((step) => stepCase(step, document))
  const cases = [...steps, ...(document.leftOut ?? []).map(leftOutCase), ...runCase(document, steps)].map((one, i) => ({
    ...one,
    output: [...one.output, ...pageLines(page, steps.length > i ? i : null)],
  }))
  const { suite, durationMs, requestedAt, cluster } = document
  return junitFile([{ name: suite.name, ms: durationMs ?? 0, requestedAt, host: cluster.name, properties: properties(document), cases }])
}

/** The way to the step's details, and the attachment as Jenkins and GitLab read it out of a case's output. */
function pageLines(page: string | null, step: number | null): readonly string[] {
  if (page === null) return []
  return [`report: ${page}${step === null ? '' : `#step-${step + 1}`}`, `[[ATTACHMENT|${page}]]`]
}

/** One `<testsuite>`. */
export interface TestSuite {
  readonly name: string
  readonly ms: number
  /** RFC 3339. */
  readonly requestedAt: string
  readonly host: string
  readonly properties: readonly (readonly [string, string])[]
  readonly cases: readonly TestCase[]
}

/** Makes the whole file; cases of one name within a suite are told apart. Pure. */
export function junitFile(suites: readonly TestSuite[]): string {
  const ms = suites.reduce((sum, suite) => sum + suite.ms, 0)
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="faultline" ${totals(
    suites.flatMap(({ cases }) => cases),
    ms,
  )}>
${suites.map(suiteMarkup)}</testsuites>
`.text
}

function suiteMarkup({ name: suite, ms, requestedAt, host, properties: all, cases }: TestSuite): Markup {
  const skipped = cases.filter((one) => one.outcome === 'skipped').length
  return markup`<testsuite name="${suite}" ${totals(cases, ms)} skipped="${skipped}" timestamp="${requestedAt.slice(0, 19)}" hostname="${host}">
<properties>
${all.map(([name, value]) => markup`<property name="${name}" value="${value}"/>\n`)}</properties>
${namedApart(cases).map((one) => markup`<testcase name="${one.name}" classname="${suite}" time="${seconds(one.ms)}">${result(one)}${output(one.output)}</testcase>\n`)}</testsuite>
`
}

function totals(cases: readonly TestCase[], ms: number): Markup {
  const count = (outcome: TestCase['outcome']) => cases.filter((one) => one.outcome === outcome).length
  return markup`tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" time="${seconds(ms)}"`
}

const seconds = (ms: number) => (ms / 1000).toFixed(3)

/** CI systems tell cases apart by name alone and show the last of two that share one: they bear the number of their step. */
function namedApart(cases: readonly TestCase[]): readonly TestCase[] {
  const taken = new Set(cases.map(({ name }) => name).filter((name, _, all) => all.indexOf(name) === all.lastIndexOf(name)))
  return cases.map((one, i) => {
    if (taken.has(one.name)) return one
    let name = `${one.name} (step ${i + 1})`
    while (taken.has(name)) name = `${name} (step ${i + 1})`
    taken.add(name)
    return { ...one, name }
  })
}

function properties(document: ReportDocument): readonly (readonly [string, string])[] {
  const { run, verdict, cluster, namespace, seed, score, orphans, abort, steps } = document
  return [
    ['run', run],
    ['verdict', verdict],
    ['cluster', cluster.name],
    ['cluster.uid', cluster.uid],
    ['cluster.simulated', String(cluster.simulated)],
    ['namespace', namespace],
    ['seed', String(seed)],
    ['orphans', String(orphans)],
    ...(score === null
      ? []
      : ([
          ['score', String(score)],
          ['score.basis', scoreBasis(steps)],
        ] as const)),
    ...(abort === null ? [] : ([['abort', abort.reason]] as const)),
  ]
}

function result({ outcome, message, type, detail }: TestCase): Markup | null {
  switch (outcome) {
    case 'passed':
      return null
    case 'skipped':
      return markup`<skipped message="${message}"/>`
    case 'failure':
      return markup`<failure message="${message}" type="${type}">${detail}</failure>`
    case 'error':
      return markup`<error message="${message}" type="${type}">${detail}</error>`
  }
}

function output(lines: readonly string[]): Markup | null {
  return lines.length === 0 ? null : markup`<system-out>${lines.join('\n')}</system-out>`
}

/** An abort by a threshold says that the system did not hold; any other one, that the game day did not work. */
function outcomeOf(step: StepDocument, { abort }: ReportDocument): TestCase['outcome'] {
  switch (step.verdict) {
    case 'succeeded':
      return 'passed'
    case 'failed':
    case 'no_effect':
      return 'failure'
    case 'aborted':
      return abort?.reason === 'threshold' ? 'failure' : 'error'
    case 'pending':
    case 'running':
    case 'skipped':
      return 'skipped'
  }
}

function stepCase(step: StepDocument, document: ReportDocument): TestCase {
  const outcome = outcomeOf(step, document)
  const words = verdictWords(step.verdict)
  const message = step.reasons[0] ?? (outcome === 'skipped' && document.endedAt === null ? `${words}: the run is not over` : words)
  return {
    name: step.name,
    ms: step.activeMs ?? 0,
    outcome,
    message,
    type: step.verdict,
    detail: step.reasons.join('\n'),
    output: outputOf(step),
  }
}

function leftOutCase({ number, name }: LeftOutStep): TestCase {
  const message = `left out of this run (step ${number} of the suite)`
  return { name, ms: 0, outcome: 'skipped', message, type: 'skipped', detail: '', output: [] }
}

const figures = (step: StepDocument) =>
  stepFigures(step)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

/** What a step was, and all that was seen of it, as lines. */
export function outputOf(step: StepDocument): readonly string[] {
  return [
    faultWords(step),
    ...(step.plannedAt === null ? [] : [figures(step)]),
    ...step.targets.map(
      (target) => `target ${target.namespace === '' ? '' : `${target.namespace}/`}${target.name} on ${target.node} (UID ${target.uid})`,
    ),
    ...step.evidence.map((look) => {
      const measured = figuresWithBefore(look.measurements)
      return `${look.phase} ${timeOfDay(Date.parse(look.at))} ${look.finding}: ${look.summary}${measured === '' ? '' : ` [${measured}]`}`
    }),
    ...step.probes.map((probe) => `probe ${probe.probe}: within tolerance in ${answersText(probe)}`),
  ]
}

/** What went wrong beside the steps (a refusal, an orphan, an abort between two steps) must not look green. */
function runCase(document: ReportDocument, steps: readonly TestCase[]): readonly TestCase[] {
  const isTold = steps.some((step) => step.outcome === 'failure' || step.outcome === 'error')
  if (document.verdict === 'succeeded' || document.endedAt === null || isTold) return []
  const detail = [...document.reasons, ...document.refusals.map((refusal) => `${refusal.code}: ${refusal.message}`)]
  const message = detail[0] ?? verdictSentence(document)
  return [
    {
      name: 'the run as a whole',
      ms: 0,
      outcome: 'error',
      message,
      type: document.verdict,
      detail: [...new Set(detail)].join('\n'),
      output: [],
    },
  ]
}
