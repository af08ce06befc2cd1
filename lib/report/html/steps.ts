import { valueText } from '../../domain/steady.ts'
import type { ReportDocument, StepDocument } from '../document.ts'
import { duration, timeOfDay } from '../durations.ts'
import { figuresWithBefore } from '../figures.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { stepReasons } from '../reasons.ts'
import {
  answersText,
  comparisonText,
  faultWords,
  figureRows,
  findingText,
  scoreBasis,
  scoreText,
  stepFigures,
  verdictWords,
} from '../report-summary.ts'

/** More evidence than of three targets is folded away, so that a step fits a screen. */
const mostOpenTargets = 3

/** One step: what was done to whom, what was measured, and the proof that it is gone. */
export function stepSection(document: ReportDocument, index: number): Markup {
  const step = document.steps[index]
  if (step === undefined) throw new TypeError(`run ${document.run} has no step ${index}`)
  return markup`<article class="step" id="step-${index + 1}"><header><h3>${index + 1}. ${step.name}</h3> ${badge(step.verdict)}</header>
<p class="note">${faultWords(step)}, ${duration(step.plannedMs)}</p>
${step.hypothesis === '' ? null : markup`<p>Expected: ${step.hypothesis}</p>`}
${stepReasons(step).map((reason) => markup`<p class="reason">${reason}</p>`)}
${step.plannedAt === null ? null : markup`<dl class="figures">${stepFigures(step).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}
${proof(step)}${evidenceTable(step)}${probeTable(document, step)}${targetList(step)}${looks(step)}</article>`
}

/** A verdict with its sign, so that it is not told by colour alone. */
export function badge(verdict: ReportDocument['verdict'] | StepDocument['verdict']): Markup {
  const [tone, sign] =
    verdict === 'succeeded'
      ? ['good', '✓']
      : neutral.includes(verdict)
        ? ['calm', '–']
        : verdict === 'aborted'
          ? ['warn', '■']
          : ['bad', '✗']
  return markup`<span class="badge ${tone ?? ''}"><span aria-hidden="true">${sign ?? ''}</span> ${verdictWords(verdict)}</span>`
}

const neutral: readonly string[] = [
  'pending',
  'skipped',
  'running',
  'requested',
  'awaiting_approval',
  'preparing',
  'injecting',
  'holding',
  'resting',
  'recovering',
  'verifying',
]

/** The last look after the revert of each injection, or that it is missing. */
function proof({ injections, evidence }: StepDocument): Content {
  return injections.map(({ n, status, reason, fuse }) => {
    const last = evidence.filter((look) => look.injection === n && look.phase === 'after').at(-1)
    const proven = status === 'reverted'
    const said =
      last === undefined
        ? proven
          ? 'nothing had been injected'
          : (reason ?? 'no evidence')
        : `${last.summary} (${timeOfDay(Date.parse(last.at))})`
    const burns =
      fuse === null ? '' : ` Its fuse ${fuse.namespace}/${fuse.name} was set to end it at ${timeOfDay(Date.parse(fuse.burnsAt))}.`
    return markup`<p class="proof ${proven ? 'good' : 'bad'}"><strong>${proven ? '✓ Proven undone' : '✗ Not proven undone'}:</strong> ${said}.${burns}</p>`
  })
}

function evidenceTable(step: StepDocument): Markup | null {
  const rows = figureRows(step).map((row) => [
    markup`<th scope="row">${row.figure}<small>${row.target}</small></th>`,
    row.before,
    row.during,
    row.end,
    row.after,
  ])
  return rows.length === 0
    ? null
    : scrollTable(`Evidence of step ${step.name}`, ['measured', 'before', 'during', 'before its end', 'after'], rows)
}

function probeTable({ probes }: ReportDocument, { name, probes: summaries }: StepDocument): Markup | null {
  const rows = summaries.map((summary) => {
    const probe = probes.find((one) => one.name === summary.probe)
    const value = (v: number | string | null) => (v === null ? '–' : valueText(v, probe?.unit ?? ''))
    return [
      markup`<th scope="row">${summary.probe}<small>allowed: ${probe === undefined ? '–' : comparisonText(probe.allowed)}</small></th>`,
      answersText(summary),
      value(summary.min),
      value(summary.max),
      value(summary.worst),
      summary.firstOutAt === null ? '–' : timeOfDay(Date.parse(summary.firstOutAt)),
    ]
  })
  return rows.length === 0 ? null : scrollTable(`Probes of step ${name}`, ['probe', 'within', 'least', 'most', 'worst', 'first out'], rows)
}

/** A table that scrolls in itself on a narrow screen; the first cell of a row is its head. */
export function scrollTable(label: string, head: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const cell = (content: Content, i: number) => (i === 0 ? content : markup`<td>${content}</td>`)
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${head.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>`
}

function targetList({ targets }: StepDocument): Markup | null {
  if (targets.length === 0) return null
  const items = targets.map(
    ({ kind, namespace, name, node, uid, container }) =>
      markup`<li><code>${kind === 'Node' ? `node ${name}` : `${namespace}/${name}`}</code><small>${container === undefined ? '' : `container ${container.name}, `}${kind === 'Node' ? '' : `on ${node}, `}UID ${uid}</small></li>`,
  )
  const title = targets.length === 1 ? '1 target' : `${targets.length} targets`
  return markup`<details ${targets.length <= mostOpenTargets ? openly : null}><summary>${title}</summary><ul class="targets">${items}</ul></details>`
}

const openly = markup`open`

function looks({ evidence }: StepDocument): Markup | null {
  if (evidence.length === 0) return null
  const items = evidence.map((look) => {
    const figures = figuresWithBefore(look.measurements)
    return markup`<li><time datetime="${look.at}">${timeOfDay(Date.parse(look.at))}</time> <strong>${lookNames[look.phase]}</strong>${said(look)}: ${look.summary}${figures === '' ? '' : ` [${figures}]`}</li>`
  })
  return markup`<details><summary>All evidence</summary><ol class="events">${items}</ol></details>`
}

const lookNames = { before: 'before', during: 'during', end: 'before its end', after: 'after' } as const

function said(look: StepDocument['evidence'][number]): string {
  const finding = findingText(look)
  return finding === '' ? '' : `, ${finding}`
}

/** The score of a run as a card, with what it means. */
export function scoreCard({ score, steps }: ReportDocument): Content {
  if (score === null) return null
  return markup`<div class="card"><dt>Resilience score</dt><dd>${scoreText(score)}<small> ${scoreBasis(steps)}</small></dd></div>`
}
