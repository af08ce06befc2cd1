import { counted } from '../../domain/text.ts'
import { valueText } from '../../domain/value-text.ts'
import type { ReportDocument, StepDocument } from '../document.ts'
import { duration, timeOfDay } from '../durations.ts'
import { figuresWithBefore } from '../figures.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { stepReasons } from '../reasons.ts'
import { answersText, comparisonText, faultWords, figureRows, findingText, stepFigures } from '../report-summary.ts'
import { badge } from './badge.ts'
import { rowHead, stackTable } from './tables.ts'

/** One step, folded: what was done to whom, what was measured, and the proof that it is gone. */
export function stepSection(document: ReportDocument, index: number): Markup {
  const step = document.steps[index]
  if (step === undefined) throw new TypeError(`run ${document.run} has no step ${index}`)
  const id = `step-${index + 1}`
  return markup`<details class="fold step" id="${id}"><summary><h3>${index + 1}. ${step.name}</h3> ${badge(step.verdict)} <span class="note">${faultWords(step)}, ${duration(step.plannedMs)}</span></summary>
${step.hypothesis === '' ? null : markup`<p>Expected: ${step.hypothesis}</p>`}
${stepReasons(step).map((reason) => markup`<p class="reason">${reason}</p>`)}
${step.plannedAt === null ? null : markup`<dl class="figures">${stepFigures(step).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}
${evidenceTable(step)}${proof(step)}${probeTable(document, step)}${changes(step)}${targetList(step)}${looks(step)}
<p class="note"><a href="#${id}">Link to this step</a></p></details>`
}

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

/** The four looks beside each other, on a phone too: that is the proof. */
function evidenceTable(step: StepDocument): Markup | null {
  const rows = figureRows(step).map((row) => [rowHead(row.figure, row.target), row.before, row.during, row.end, row.after])
  return rows.length === 0
    ? null
    : markup`<div class="proofs">${stackTable(`Evidence of step ${step.name}`, ['measured', 'before', 'during', 'before its end', 'after'], rows)}</div>`
}

function probeTable({ probes }: ReportDocument, { name, probes: summaries }: StepDocument): Markup | null {
  const rows = summaries.map((summary) => {
    const probe = probes.find((one) => one.name === summary.probe)
    const value = (v: number | string | null) => (v === null ? '–' : valueText(v, probe?.unit ?? ''))
    return [
      rowHead(summary.probe, `allowed: ${probe === undefined ? '–' : comparisonText(probe.allowed)}`),
      answersText(summary),
      value(summary.min),
      value(summary.max),
      value(summary.worst),
      summary.firstOutAt === null ? '–' : timeOfDay(Date.parse(summary.firstOutAt)),
    ]
  })
  const head = ['probe', 'within, while the fault was active', 'least', 'most', 'worst', 'first out']
  return rows.length === 0 ? null : stackTable(`Probes of step ${name}`, head, rows)
}

/** What became of the targets and the pods around them. */
function changes({ changes: all }: StepDocument): Markup | null {
  if (all.length === 0) return null
  const items = all.map(
    ({ at, target, message }) =>
      markup`<li><time datetime="${at}">${timeOfDay(Date.parse(at))}</time> <code>${target}</code>: ${message}</li>`,
  )
  return markup`<details><summary>What became of the targets (${all.length})</summary><ol class="events">${items}</ol></details>`
}

/** Targets by their node, so that hundreds of them stay short. */
function targetList({ targets }: StepDocument): Markup | null {
  if (targets.length === 0) return null
  const groups = new Map<string, typeof targets>()
  for (const target of targets) {
    const { kind, namespace, node, container } = target
    const where = kind === 'Node' ? 'nodes' : `in ${namespace}, on ${node}${container === undefined ? '' : `, container ${container.name}`}`
    groups.set(where, [...(groups.get(where) ?? []), target])
  }
  const lists = [...groups].map(
    ([where, some]) =>
      markup`<h4>${where}</h4><ul class="targets">${some.map(({ name, uid }) => markup`<li><code>${name}</code> <small>${uid}</small></li>`)}</ul>`,
  )
  return markup`<details><summary>${counted(targets.length, 'target')}</summary>${lists}</details>`
}

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
