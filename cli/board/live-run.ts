import { readyPods } from '../../lib/domain/readiness.ts'
import { isEnded, type Run } from '../../lib/domain/run.ts'
import type { ReportDocument, StepDocument } from '../../lib/report/document.ts'
import { timeOfDay } from '../../lib/report/durations.ts'
import { badge } from '../../lib/report/html/badge.ts'
import { type ChartData, chartData } from '../../lib/report/html/chart-data.ts'
import { outline } from '../../lib/report/html/head.ts'
import { plot, swatch } from '../../lib/report/html/pictures.ts'
import { rowHead, stackTable } from '../../lib/report/html/tables.ts'
import { type Markup, markup } from '../../lib/report/markup.ts'
import { comparisonText, faultWords, findingText } from '../../lib/report/report-summary.ts'
import { abortForm } from './frame.ts'
import type { Visitor } from './visitor.ts'

/** A run under way: what of it stands, what changes (by the name of its slot), and what its charts draw. */
export interface LiveRun {
  readonly id: string
  readonly slots: Readonly<Record<string, Markup>>
  readonly charts: ChartData
}

/** So much of a log is read at a glance. */
const newestEvents = 12
/** Targets beyond these are counted. */
const mostTargets = 20

export function liveRun(document: ReportDocument, run: Run, now: number): LiveRun {
  const { from, to, ...charts } = chartData(document)
  const step = currentStep(document, run)
  return {
    id: run.id,
    slots: {
      [`head ${run.id}`]: head(document, step),
      [`steps ${run.id}`]: outline(document.steps, `/runs/${encodeURIComponent(run.id)}`),
      [`targets ${run.id}`]: targets(step),
      [`log ${run.id}`]: log(document),
    },
    charts: { ...charts, from, to: Math.max(to, now) },
  }
}

/** What stands while the run lasts, with a slot for each part that changes. */
export function liveArticle({ id, slots, charts }: LiveRun, document: ReportDocument, visitor: Visitor): Markup {
  const slot = (name: string) => markup`<div data-slot="${name} ${id}">${slots[`${name} ${id}`] ?? null}</div>`
  const asked =
    document.probes.length === 0
      ? [{ name: readyPods, note: 'of the workload, which no probe measures' }]
      : document.probes.map(({ name, allowed }) => ({ name, note: `allowed: ${comparisonText(allowed)}` }))
  const probes = asked.map(
    ({ name, note }) =>
      markup`<figure class="picture"><figcaption class="chart-head"><h4>${name}</h4><p class="note">${note}</p><output aria-live="off"></output></figcaption>${plot(`probe ${name}`, `${name} over time`)}</figure>`,
  )
  return markup`<article class="live" data-run="${id}" aria-label="Run ${id}">
${slot('head')}
${abortForm(id, visitor)}
<div class="columns"><div>
<figure class="picture"><figcaption class="chart-head"><h4>Faults</h4><output aria-live="off"></output></figcaption>${plot('faults', `Faults of ${charts.steps.length} steps over time`)}</figure>
${probes}
${legend(document)}</div>
<div><h3>Steps</h3>${slot('steps')}
<h3>Targets</h3>${slot('targets')}
<h3>Log</h3>${slot('log')}</div></div></article>`
}

function legend({ probes, thresholds }: ReportDocument): Markup {
  const ofFaults = [
    swatch('fault', 'a fault is active'),
    swatch('plan', 'planned'),
    swatch('heal', 'recovering'),
    swatch('prepare', 'preparing'),
  ]
  const ofAnswers = [
    swatch('answer', 'answer'),
    swatch('tolerance', 'tolerance'),
    swatch('out', 'out of tolerance'),
    swatch('silent', 'no answer'),
    ...(thresholds.length === 0 ? [] : [swatch('limit', 'threshold')]),
  ]
  const ofCounts = [
    swatch('answer', 'pods ready'),
    swatch('tolerance', 'as many as before'),
    swatch('out', 'fewer'),
    swatch('silent', 'not counted'),
  ]
  return markup`<ul class="legend">${ofFaults}${probes.length === 0 ? ofCounts : ofAnswers}</ul>`
}

function currentStep({ steps }: ReportDocument, run: Run): StepDocument | null {
  const index = isEnded(run) ? -1 : steps.findLastIndex(({ plannedAt }) => plannedAt !== null)
  return steps[index] ?? null
}

function head(document: ReportDocument, step: StepDocument | null): Markup {
  const { suite, run, namespace, cluster, requestedAt, steps, verdict } = document
  const place = step === null ? '' : `, step ${steps.indexOf(step) + 1} of ${steps.length}: ${step.name} (${faultWords(step)})`
  return markup`<p class="title">${badge(verdict)}${cluster.simulated ? markup` <span class="badge calm">simulated</span>` : null} <strong class="countdown">${countdown(step)}</strong></p>
<h2>${suite.name}${place}</h2>
<p class="note"><a href="/runs/${encodeURIComponent(run)}">${run}</a> · namespace ${namespace}, cluster ${cluster.name} · <time data-since="${Date.parse(requestedAt)}" datetime="${requestedAt}">since ${timeOfDay(Date.parse(requestedAt))}</time></p>`
}

/** The script counts it down; without one it says the time. */
function countdown(step: StepDocument | null): Markup | null {
  if (step === null || step.activeAt === null || step.plannedEnd === null || step.revertedAt !== null) return null
  return markup`fault ends <time data-until="${Date.parse(step.plannedEnd)}" datetime="${step.plannedEnd}">at ${timeOfDay(Date.parse(step.plannedEnd))}</time>`
}

function targets(step: StepDocument | null): Markup {
  if (step === null || step.targets.length === 0) return markup`<p class="note">None yet.</p>`
  const rows = step.targets.slice(0, mostTargets).map(({ name, node }) => {
    const looks = step.evidence.filter(({ measurements }) => measurements.some(({ target }) => target === name))
    const last = looks.at(-1)
    const change = step.changes.findLast(({ target }) => target === name)
    return [rowHead(name, node), last === undefined ? '–' : findingText(last) || 'before the fault', change?.message ?? '']
  })
  const more = step.targets.length - rows.length
  return markup`${stackTable('Targets', ['target', 'last look', 'what became of it'], rows)}${more > 0 ? markup`<p class="note">and ${more} more</p>` : null}`
}

function log({ history }: ReportDocument): Markup {
  const items = history
    .slice(-newestEvents)
    .reverse()
    .map(
      ({ at, step, message }) =>
        markup`<li><time>${timeOfDay(Date.parse(at))}</time> ${step === null ? '' : `step ${step + 1}: `}${message}</li>`,
    )
  return markup`<ol class="events plain">${items}</ol>`
}
