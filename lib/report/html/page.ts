import { isUnmeasured, unmeasured } from '../../domain/hypothesis.ts'
import { valueText } from '../../domain/steady.ts'
import { clusterText } from '../cluster-text.ts'
import type { ReportDocument } from '../document.ts'
import { dateAndTimeInWords, duration, timeOfDay } from '../durations.ts'
import { type Content, type Markup, markup, trusted } from '../markup.ts'
import { comparisonText, longest, verdictSentence } from '../report-summary.ts'
import { timeAxis } from './axis.ts'
import { chartLegend, probeChart } from './chart.ts'
import { badge, scoreCard, scrollTable, stepSection } from './steps.ts'
import { reportStyle } from './style.ts'
import { timeline } from './timeline.ts'

/** Makes the report as one HTML page that needs nothing else: no network, no script. Pure. */
export function htmlReport(document: ReportDocument): string {
  const title = `${document.suite.name}: ${document.verdict} (Faultline)`
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(reportStyle)}</style>
</head>
<body>
<main>
${head(document)}
${cards(document)}
${pictures(document)}
${thresholds(document)}
<section><h2>Steps</h2>${document.steps.map((_, i) => stepSection(document, i))}</section>
${probes(document)}
${history(document)}
</main>
<footer><p>Faultline: every fault is proven to bite, and proven to be undone. Run <code>${document.run}</code>.</p></footer>
</body>
</html>
`
  return page.text
}

function head(document: ReportDocument): Markup {
  const { suite, cluster, namespace, requestedAt, endedAt, durationMs, trigger, seed, baseline, orphans, abort } = document
  const fact = (name: string, value: Content) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const { reasons } = document
  return markup`<header class="top">
<p class="brand">Faultline game day</p>
<div class="title"><h1>${suite.name}</h1> ${badge(document.verdict)}</div>
<p class="lead">${verdictSentence(document)}</p>
${suite.description === '' ? null : markup`<p>${suite.description}</p>`}
${suite.hypothesis === '' ? null : markup`<p class="hypothesis"><strong>Hypothesis:</strong> ${suite.hypothesis}</p>`}
${isUnmeasured({ hypothesis: suite.hypothesis, steps: document.steps, probes: document.probes }) ? markup`<p class="hypothesis"><strong>Warning:</strong> ${unmeasured}</p>` : null}
${reasons.length === 0 ? null : markup`<div class="reasons"><h2>Why</h2><ul>${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul></div>`}
<dl class="facts">
${fact('Started', markup`<time datetime="${requestedAt}">${dateAndTimeInWords(Date.parse(requestedAt))}</time>`)}
${fact('Took', durationMs === null ? 'not over' : duration(durationMs))}
${endedAt === null ? null : fact('Ended', markup`<time datetime="${endedAt}">${dateAndTimeInWords(Date.parse(endedAt))}</time>`)}
${fact('Namespace', namespace)}
${fact('Cluster', clusterText(cluster))}
${fact('Started by', `${trigger.by} (${trigger.kind})`)}
${baseline === null ? null : fact('Pods ready before', `${baseline.ready} of ${baseline.total}`)}
${abort === null ? null : fact('Aborted by', `${abort.by} (${abort.reason}), ${timeOfDay(Date.parse(abort.at))}`)}
${fact('Left over', orphans === 0 ? 'nothing' : `${orphans} orphans were found and removed`)}
${fact('Seed', seed)}
</dl></header>`
}

function cards(document: ReportDocument): Markup {
  const { steps, abort } = document
  const card = (name: string, value: string | null, note: string) =>
    value === null ? null : markup`<div class="card"><dt>${name}</dt><dd>${value}<small> ${note}</small></dd></div>`
  const bitten = steps.filter((step) => step.activeAt !== null)
  const undone = bitten.filter((step) => step.revertedAt !== null)
  const ms = (value: number | null) => (value === null ? null : duration(value))
  return markup`<dl class="cards">
${scoreCard(document)}
${card('Faults undone', `${undone.length} of ${bitten.length}`, 'with proof')}
${card('Time to detect', ms(longest(steps, (step) => step.detectMs)), 'at most')}
${card('Time to recover', ms(longest(steps, (step) => step.recoveryMs)), 'at most')}
${card('Abort to undone', ms(abort?.undoneMs ?? null), '')}
</dl>`
}

function pictures(document: ReportDocument): Markup | null {
  if (document.steps.every((step) => step.plannedAt === null) && document.samples.length === 0) return null
  const axis = timeAxis(document)
  const charts = document.probes.flatMap((probe) => probeChart(document, probe, axis) ?? [])
  return markup`<section><h2>What happened when</h2>${timeline(document, axis)}</section>
${charts.length === 0 ? null : markup`<section><h2>What the probes saw</h2>${chartLegend()}${charts}</section>`}`
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
      markup`<th scope="row">${threshold.name}<small>${threshold.severity}</small></th>`,
      `${threshold.probe} ${comparisonText(threshold.op)} ${valueText(threshold.limit, unit)}${threshold.forMs === 0 ? '' : ` for ${duration(threshold.forMs)}`}`,
      threshold.action,
      crossed.length === 0 ? 'never' : markup`<ul class="plain">${crossed}</ul>`,
    ]
  })
  return markup`<section><h2>Thresholds</h2>${scrollTable('Thresholds', ['threshold', 'crossed when', 'then', 'crossed'], rows)}</section>`
}

function probes({ probes: all }: ReportDocument): Markup | null {
  if (all.length === 0) return null
  const rows = all.map((probe) => [
    markup`<th scope="row">${probe.name}<small>${probe.type}</small></th>`,
    markup`<code>${probe.asks}</code>`,
    `${comparisonText(probe.allowed)}${probe.unit === '' ? '' : ` ${probe.unit}`}`,
    `${probe.mode}, every ${duration(probe.intervalMs)}`,
    probe.weight,
  ])
  return markup`<section><h2>Probes</h2>${scrollTable('Probes', ['probe', 'asks', 'allowed', 'when', 'weight'], rows)}</section>`
}

function history({ history: events }: ReportDocument): Markup {
  const items = events.map(
    (event) =>
      markup`<li><time datetime="${event.at}">${dateAndTimeInWords(Date.parse(event.at))}</time> <strong>${event.type.replaceAll('_', ' ')}</strong>${event.step === null ? '' : ` (step ${event.step + 1})`}: ${event.message}</li>`,
  )
  return markup`<section><h2>History</h2><details><summary>${events.length} events</summary><ol class="events">${items}</ol></details></section>`
}
