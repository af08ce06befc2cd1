import type { ReportDocument, StepDocument } from '../document.ts'
import { type Markup, markup } from '../markup.ts'
import { verdictWords } from '../report-summary.ts'

type Verdict = ReportDocument['verdict'] | StepDocument['verdict']

/** How a verdict is meant, for colours and signs. */
export function toneOf(verdict: Verdict): 'good' | 'bad' | 'warn' | 'calm' {
  if (verdict === 'succeeded') return 'good'
  if (verdict === 'aborted') return 'warn'
  return verdict === 'failed' || verdict === 'no_effect' || verdict === 'refused' ? 'bad' : 'calm'
}

/** The sign that tells a verdict without its colour. */
export function signOf(verdict: Verdict): string {
  return { good: '✓', warn: '■', bad: '✗', calm: '–' }[toneOf(verdict)]
}

export function badge(verdict: Verdict): Markup {
  return markup`<span class="badge ${toneOf(verdict)}"><span aria-hidden="true">${signOf(verdict)}</span> ${verdictWords(verdict)}</span>`
}
