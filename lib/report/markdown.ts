import { isUnmeasured, unmeasured } from '../domain/hypothesis.ts'
import { counted, printable } from '../domain/text.ts'
import { valueText } from '../domain/value-text.ts'
import { approvalFacts } from './approval-text.ts'
import { clusterText } from './cluster-text.ts'
import type { ReportDocument, StepDocument } from './document.ts'
import { dateAndTimeInWords, duration, lateness, timeOfDay } from './durations.ts'
import { figuresText, loadEndText } from './loads.ts'
import { stepReasons } from './reasons.ts'
import {
  answersText,
  comparisonText,
  faultWords,
  figureRows,
  scoreBasis,
  scoreText,
  stepFigures,
  verdictSentence,
  verdictWords,
} from './report-summary.ts'
import { variableText } from './variable-text.ts'

/** Makes the report for a pull request or a wiki: GitHub's Markdown. Pure; whatever came from outside is escaped. */
export function markdownReport(document: ReportDocument): string {
  const { suite, verdict, probes, steps } = document
  const lines = [
    `# ${signs[verdict] ?? '⏳'} ${plain(suite.name)}: ${verdictWords(verdict)}`,
    '',
    plain(verdictSentence(document)),
    ...(suite.hypothesis === '' ? [] : ['', `**Hypothesis:** ${plain(suite.hypothesis)}`]),
    ...(isUnmeasured({ hypothesis: suite.hypothesis, steps, probes }) ? ['', `**Warning:** ${plain(unmeasured)}`] : []),
    ...markdownList(document.reasons),
    '',
    ...markdownTable(['', ''], facts(document)),
    '',
    '## Steps',
    '',
    ...stepTable(document),
    ...loadLines(document),
    ...thresholdLines(document),
    ...document.steps.flatMap((_, i) => stepLines(document, i)),
    ...(probes.length === 0
      ? []
      : [
          '',
          '## Probes',
          '',
          ...markdownTable(
            ['probe', 'asks', 'allowed', 'weight'],
            probes.map((p) => [p.name, p.asks, comparisonText(p.allowed), String(p.weight)]),
          ),
        ]),
  ]
  return fitted(lines, document.run)
}

/** GitHub refuses a longer comment ("body is too long (maximum is 65536 characters)"). */
const mostCharacters = 65_536

/** The beginning that fits into a comment, whole lines of it, and a word on what is missing. */
function fitted(lines: readonly string[], run: string): string {
  const whole = `${lines.join('\n')}\n`
  if (whole.length <= mostCharacters) return whole
  const wordOn = (left: number) =>
    `\n**Cut here:** ${left} more lines do not fit into the ${mostCharacters} characters of a comment. All of it: \`faultline report ${run} -o report.html\`\n`
  const kept: string[] = []
  let room = mostCharacters - wordOn(lines.length).length
  for (const line of lines) {
    room -= line.length + 1
    if (room < 0) break
    kept.push(line)
  }
  return `${kept.join('\n')}\n${wordOn(lines.length - kept.length)}`
}

const signs: Readonly<Record<string, string>> = { succeeded: '✅', aborted: '🛑', failed: '❌', no_effect: '❌', refused: '❌' }

/** Text that Markdown and HTML leave alone, on one line; a comment keeps GitHub from seeing people and issues in it. */
export function plain(text: string): string {
  return printable(text.replace(/\s+/g, ' '))
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replace(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] ?? char)
    .replace(/@|#(?=\d)/g, '$&<!-- -->')
    .replace(/(https?|ftp):\/\/|www\./gi, (start) => start.replace(/[:.]/, '$&<!-- -->'))
    .replace(/^(?:[-=+#]|\d+[.)])(?=\s|$|[-=#])/, (start) => `${start.slice(0, -1)}\\${start.slice(-1)}`)
}

/** A table of cells as they are; whatever they hold is escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`
  return [row(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(row)]
}

/** A list, set off by an empty line; nothing where it has no items. */
export function markdownList(items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ['', ...items.map((item) => `- ${plain(item)}`)]
}

function facts({
  run,
  cluster,
  namespace,
  requestedAt,
  durationMs,
  trigger,
  seed,
  variables = [],
  score,
  orphans,
  abort,
  steps,
  approvals,
  waitsFor,
}: ReportDocument): readonly (readonly string[])[] {
  return [
    ['run', run],
    ...variables.map((variable) => ['variable', variableText(variable)]),
    ['cluster', `${clusterText(cluster)}, namespace ${namespace}`],
    ['started', `${dateAndTimeInWords(Date.parse(requestedAt))} by ${trigger.by}`],
    ...approvalFacts({ approvals, waitsFor }).map(([name, value]) => [name.toLowerCase(), value] as const),
    ['took', durationMs === null ? 'not over' : duration(durationMs)],
    ...(score === null ? [] : [['resilience score', `${scoreText(score)} ${scoreBasis(steps)}`]]),
    ...(abort === null
      ? []
      : [
          [
            'aborted',
            `${timeOfDay(Date.parse(abort.at))} by ${abort.by}${abort.undoneMs === null ? '' : `, undone ${duration(abort.undoneMs)} later`}`,
          ],
        ]),
    ['left over', orphans === 0 ? 'nothing' : `${counted(orphans, 'orphan')} found and removed`],
    ['seed', String(seed)],
  ]
}

function stepTable({ steps }: ReportDocument): readonly string[] {
  const length = (ms: number | null) => (ms === null ? '–' : duration(ms))
  const rows = steps.map((step, i) => [
    String(i + 1),
    step.name,
    faultWords(step),
    verdictWords(step.verdict),
    length(step.activeMs),
    step.undoneAfterMs === null ? '–' : lateness(step.undoneAfterMs),
    length(step.recoveryMs),
    length(step.detectMs),
    step.score === null ? '–' : scoreText(step.score),
  ])
  return markdownTable(['#', 'step', 'fault', 'verdict', 'active', 'undone after', 'recovery', 'detected', 'score'], rows)
}

function thresholdLines({ thresholds, probes }: ReportDocument): readonly string[] {
  if (thresholds.length === 0) return []
  const rows = thresholds.map((threshold) => {
    const unit = probes.find((probe) => probe.name === threshold.probe)?.unit ?? ''
    const crossed = threshold.crossings.map((crossing) => `${timeOfDay(Date.parse(crossing.at))} at ${valueText(crossing.value, unit)}`)
    const when = `${threshold.probe} ${comparisonText(threshold.op)} ${valueText(threshold.limit, unit)}${threshold.forMs === 0 ? '' : ` for ${duration(threshold.forMs)}`}`
    return [threshold.name, when, threshold.severity, threshold.action, crossed.join(', ') || 'never']
  })
  return ['', '## Thresholds', '', ...markdownTable(['threshold', 'when', 'severity', 'then', 'crossed'], rows)]
}

function loadLines({ loads = [] }: ReportDocument): readonly string[] {
  if (loads.length === 0) return []
  const rows = loads.map(({ name, image, end, figures }) => [name, image, loadEndText(end), figuresText(figures)])
  return ['', '## Load', '', ...markdownTable(['load', 'image', 'end', 'figures'], rows)]
}

function stepLines(document: ReportDocument, index: number): readonly string[] {
  const step = document.steps[index]
  if (step === undefined || step.plannedAt === null) return []
  const figures = figureRows(step).map((row) => [`${row.figure} of ${row.target}`, row.before, row.during, row.end, row.after])
  return [
    '',
    `## ${index + 1}. ${plain(step.name)}: ${verdictWords(step.verdict)}`,
    '',
    plain(
      stepFigures(step)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ),
    ...markdownList([...stepReasons(step), ...proofs(step)]),
    ...(figures.length === 0 ? [] : ['', ...markdownTable(['evidence', 'before', 'during', 'before its end', 'after'], figures)]),
    ...probeLines(document, step),
  ]
}

function proofs({ injections, evidence }: StepDocument): readonly string[] {
  return injections.map(({ n, status, reason, targets }) => {
    const last = evidence.filter((look) => look.injection === n && look.phase === 'after').at(-1)
    const said = last?.summary ?? reason ?? 'nothing had been injected'
    return `${targets.join(', ')}: ${status === 'reverted' ? 'proven undone' : 'NOT proven undone'}: ${said}`
  })
}

function probeLines({ probes }: ReportDocument, { probes: summaries }: StepDocument): readonly string[] {
  if (summaries.length === 0) return []
  const rows = summaries.map((summary) => {
    const unit = probes.find((probe) => probe.name === summary.probe)?.unit ?? ''
    const value = (v: number | string | null) => (v === null ? '–' : valueText(v, unit))
    return [summary.probe, answersText(summary), value(summary.min), value(summary.max), value(summary.worst)]
  })
  return ['', ...markdownTable(['probe', 'within tolerance', 'least', 'most', 'worst'], rows)]
}
