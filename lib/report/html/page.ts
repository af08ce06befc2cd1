import { counted } from '../../domain/text.ts'
import { valueText } from '../../domain/value-text.ts'
import { approvalFacts } from '../approval-text.ts'
import type { ReportDocument } from '../document.ts'
import { dateAndTimeInWords, duration, timeOfDay } from '../durations.ts'
import { figuresText, loadEndText } from '../loads.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { comparisonText } from '../report-summary.ts'
import { variableText } from '../variable-text.ts'
import { chartData, jsonForPage } from './chart-data.ts'
import { pageFrame } from './frame.ts'
import { head } from './head.ts'
import { pictures } from './pictures.ts'
import { reportScript, reportScriptHash } from './script.ts'
import { stepSection } from './steps.ts'
import { rowHead, stackTable } from './tables.ts'

/** Makes the report as one HTML page that needs nothing else: no network, and no script to be read. `above`: the way back, where it is part of something. Pure. */
export function htmlReport(document: ReportDocument, above: Content = null): string {
  return pageFrame({
    title: `${document.suite.name}: ${document.verdict} (Faultline)`,
    body: markup`${above}<main>
${head(document)}
${pictures(document)}
<section><h2>Details</h2>
${document.steps.map((_, i) => stepSection(document, i))}
${loads(document)}
${thresholds(document)}
${probes(document)}
${facts(document)}
${history(document)}
</section>
</main>
<footer><p>Faultline: every fault is proven to bite, and proven to be undone.</p></footer>`,
    script: { text: reportScript, hash: reportScriptHash },
    data: jsonForPage(chartData(document)),
  })
}

/** Something folded away, with a link of its own. */
function folded(id: string, title: string, content: Content): Markup {
  return markup`<details class="fold" id="${id}"><summary><h3>${title}</h3></summary>${content}<p class="note"><a href="#${id}">Link to this</a></p></details>`
}

function facts({
  cluster,
  namespace,
  requestedAt,
  endedAt,
  trigger,
  seed,
  baseline,
  orphans,
  abort,
  variables = [],
  approvals,
  waitsFor,
}: ReportDocument): Markup {
  const fact = (name: string, value: Content) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
  return folded(
    'facts',
    'Facts of the run',
    markup`<dl class="facts">
${fact('Requested', dateAndTimeInWords(Date.parse(requestedAt)))}
${endedAt === null ? null : fact('Ended', dateAndTimeInWords(Date.parse(endedAt)))}
${fact('Started by', `${trigger.by} (${trigger.kind})`)}
${approvalFacts({ approvals, waitsFor }).map(([name, value]) => fact(name, value))}
${fact('Cluster', `${cluster.name}, UID ${cluster.uid}`)}
${fact('Namespace', namespace)}
${baseline === null ? null : fact('Pods ready before', `${baseline.ready} of ${baseline.total}`)}
${abort === null ? null : fact('Aborted by', `${abort.by} (${abort.reason}), ${timeOfDay(Date.parse(abort.at))}`)}
${fact('Left over', orphans === 0 ? 'nothing' : `${counted(orphans, 'orphan')} found and removed`)}
${fact('Seed', seed)}
${variables.length === 0 ? null : fact('Variables', variables.map(variableText).join('; '))}
</dl>`,
  )
}

function loads({ loads: all = [] }: ReportDocument): Markup | null {
  if (all.length === 0) return null
  const rows = all.map(({ name, image, end, figures, log }) => [
    rowHead(name, image),
    loadEndText(end),
    figuresText(figures) || '–',
    log === '' ? '–' : markup`<pre>${log}</pre>`,
  ])
  return folded('load', 'Load', stackTable('Load', ['load', 'end', 'figures', 'end of its log'], rows))
}

function thresholds({ thresholds: all, probes: known }: ReportDocument): Markup | null {
  if (all.length === 0) return null
  const rows = all.map((threshold) => {
    const unit = known.find((probe) => probe.name === threshold.probe)?.unit ?? ''
    const crossed = threshold.crossings.map(
      ({ at, value, recoveredAt }) =>
        markup`<li>${timeOfDay(Date.parse(at))} at ${valueText(value, unit)}${recoveredAt === null ? '' : `, well again ${timeOfDay(Date.parse(recoveredAt))}`}</li>`,
    )
    return [
      rowHead(threshold.name, threshold.severity),
      `${threshold.probe} ${comparisonText(threshold.op)} ${valueText(threshold.limit, unit)}${threshold.forMs === 0 ? '' : ` for ${duration(threshold.forMs)}`}`,
      threshold.action,
      crossed.length === 0 ? 'never' : markup`<ul class="plain">${crossed}</ul>`,
    ]
  })
  return folded('thresholds', 'Thresholds', stackTable('Thresholds', ['threshold', 'crossed when', 'then', 'crossed'], rows))
}

function probes({ probes: all }: ReportDocument): Markup | null {
  if (all.length === 0) return null
  const rows = all.map((probe) => [
    rowHead(probe.name, probe.type),
    markup`<code>${probe.asks}</code>`,
    `${comparisonText(probe.allowed)}${probe.unit === '' ? '' : ` ${probe.unit}`}`,
    `${probe.mode}, every ${duration(probe.intervalMs)}`,
    probe.weight,
  ])
  return folded('probes', 'Probes', stackTable('Probes', ['probe', 'asks', 'allowed', 'when', 'weight'], rows))
}

function history({ history: events }: ReportDocument): Markup {
  const items = events.map(
    (event) =>
      markup`<li><time datetime="${event.at}">${dateAndTimeInWords(Date.parse(event.at))}</time> <strong>${event.type.replaceAll('_', ' ')}</strong>${event.step === null ? '' : ` (step ${event.step + 1})`}: ${event.message}</li>`,
  )
  return folded(
    'history',
    `History: ${events.length} ${events.length === 1 ? 'event' : 'events'}`,
    markup`<ol class="events">${items}</ol>`,
  )
}
