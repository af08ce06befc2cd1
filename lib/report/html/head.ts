import { isUnmeasured, unmeasured } from '../../domain/hypothesis.ts'
import type { ReportDocument, StepDocument } from '../document.ts'
import { dateAndTimeInWords, duration, lateness } from '../durations.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { stepReasons } from '../reasons.ts'
import { refusalAdvice } from '../refusal-advice.ts'
import { longest, scoreBasis, scoreText, verdictSentence, verdictWords } from '../report-summary.ts'
import { badge, signOf, toneOf } from './badge.ts'

/** The first screen of a phone: how it ended, of what, when, where, and a line for each step. */
export function head(document: ReportDocument): Markup {
  const { suite, cluster, namespace, requestedAt, durationMs, run, score, steps, probes, verdict } = document
  const took = durationMs === null ? 'not over' : `took ${duration(durationMs)}`
  return markup`<header class="top">
<p class="title">${badge(verdict)}${cluster.simulated ? markup` <span class="badge calm">simulated</span>` : null}${score === null ? null : markup` <span class="score">Score <strong>${scoreText(score)}</strong> <small>${scoreBasis(steps)}</small></span>`}</p>
<h1>${suite.name}</h1>
<p class="id"><code>${run}</code> <button type="button" data-copy="${run}" hidden>copy</button></p>
<p class="note"><time datetime="${requestedAt}">${dateAndTimeInWords(Date.parse(requestedAt))}</time>, ${took}<br>namespace ${namespace}, cluster ${cluster.name}</p>
<p class="lead">${verdictSentence(document)}</p>
${verdict === 'refused' ? refusals(document) : markup`${wholeReasons(document)}${outline(steps)}${figures(document)}`}
${suite.description === '' ? null : markup`<p>${suite.description}</p>`}
${suite.hypothesis === '' ? null : markup`<p class="hypothesis"><strong>Hypothesis:</strong> ${suite.hypothesis}</p>`}
${isUnmeasured({ hypothesis: suite.hypothesis, steps, probes }) ? markup`<p class="hypothesis"><strong>Warning:</strong> ${unmeasured}</p>` : null}
</header>`
}

/** More lines than these are more than a screen: those that went well are folded, so that the others are seen. */
const mostLines = 16

/** One line for each step: its verdict, and the one reason that matters, with the way to its details on `page`. */
export function outline(steps: readonly StepDocument[], page = ''): Markup {
  const numbered = steps.map((step, i) => ({ step, i }))
  const well = numbered.filter(({ step }) => step.verdict === 'succeeded')
  if (steps.length <= mostLines || well.length === 0) return outlineOf(numbered, { label: 'Steps', page })
  const others = numbered.filter(({ step }) => step.verdict !== 'succeeded')
  return markup`${others.length === 0 ? null : outlineOf(others, { label: 'Steps that did not succeed', page })}
<details><summary>${well.length} of ${steps.length} steps succeeded</summary>${outlineOf(well, { label: 'Steps that succeeded', page })}</details>`
}

function outlineOf(
  steps: readonly { readonly step: StepDocument; readonly i: number }[],
  { label, page }: { readonly label: string; readonly page: string },
): Markup {
  const items = steps.map(
    ({ step, i }) =>
      markup`<li class="${toneOf(step.verdict)}"><a href="${page}#step-${i + 1}"><span class="sign" aria-hidden="true">${signOf(step.verdict)}</span> ${i + 1}. ${step.name}</a> <strong>${verdictWords(step.verdict)}</strong> <span class="why">${reasonThatMatters(step)}</span></li>`,
  )
  return markup`<ol class="outline" aria-label="${label}">${items}</ol>`
}

/** Of a failure why it is one; of a success what was proven, in figures. */
function reasonThatMatters(step: StepDocument): string {
  const [first] = stepReasons(step)
  if (step.verdict !== 'succeeded') return first ?? unreasoned[step.verdict] ?? ''
  const { activeMs, undoneAfterMs } = step
  const told = [
    ...(activeMs === null ? [] : [`bit for ${duration(activeMs)}`]),
    ...(undoneAfterMs === null
      ? []
      : [undoneAfterMs < 0 ? `undone ${lateness(undoneAfterMs)}` : `undone ${duration(undoneAfterMs)} after its end`]),
  ]
  return told.join(', ')
}

/** Verdicts that need no reason of their own. */
const unreasoned: Readonly<Partial<Record<StepDocument['verdict'], string>>> = {
  aborted: 'ended by the abort',
  skipped: 'not begun',
  pending: 'not begun yet',
}

/** Reasons of the run as a whole: those of the steps stand with them. */
function wholeReasons({ reasons, steps }: ReportDocument): Markup | null {
  const ofSteps = new Set(steps.flatMap((step) => step.reasons.map((reason) => `${step.name}: ${reason}`)))
  const own = reasons.filter((reason) => !ofSteps.has(reason))
  return own.length === 0 ? null : markup`<ul class="reasons" aria-label="Why">${own.map((reason) => markup`<li>${reason}</li>`)}</ul>`
}

/** Each reason once, those of one kind together, and what to do about that kind. */
function refusals({ refusals: all, steps }: ReportDocument): Content {
  const codes = [...new Set(all.map(({ code }) => code))]
  const items = codes.map((code) => {
    const messages = new Map<string, Set<number>>()
    for (const { message, step } of all.filter((one) => one.code === code)) {
      const known = messages.get(message) ?? new Set()
      messages.set(message, step === null ? known : known.add(step))
    }
    const lines = [...messages].map(([message, of]) => markup`<li>${message}${ofSteps([...of], steps)}</li>`)
    return markup`<div class="refusal"><h2>${code.replaceAll('_', ' ')}</h2><ul>${lines}</ul><p><strong>What to do:</strong> ${refusalAdvice[code]}</p></div>`
  })
  return markup`<div class="refusals">${items}</div>`
}

function ofSteps(indexes: readonly number[], steps: readonly StepDocument[]): Markup | null {
  if (indexes.length === 0) return null
  if (indexes.length === steps.length && steps.length > 1) return markup` <small>(every step)</small>`
  return markup` <small>(${indexes.map((i) => `step ${i + 1} ${steps[i]?.name ?? ''}`).join(', ')})</small>`
}

function figures(document: ReportDocument): Markup {
  const { steps, abort } = document
  const bitten = steps.filter((step) => step.activeAt !== null)
  const undone = bitten.filter((step) => step.revertedAt !== null)
  const figure = (name: string, value: string | null) => (value === null ? null : markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  const ms = (value: number | null) => (value === null ? null : duration(value))
  return markup`<dl class="figures">
${bitten.length === 0 ? null : figure('faults that bit, and are proven undone', `${undone.length} of ${bitten.length}`)}
${figure('longest time to detect', ms(longest(steps, (step) => step.detectMs)))}
${figure('longest time to recover', ms(longest(steps, (step) => step.recoveryMs)))}
${figure('from abort to undone', ms(abort?.undoneMs ?? null))}
</dl>`
}
