import type { Control } from '../../lib/domain/control.ts'
import { timeOfDay } from '../../lib/report/durations.ts'
import { pageFrame } from '../../lib/report/html/frame.ts'
import { reportStyleHash } from '../../lib/report/html/style.ts'
import { type Content, type Markup, markup } from '../../lib/report/markup.ts'
import { boardScript, boardScriptHash } from './script.ts'
import { boardStyle, boardStyleHash } from './style.ts'
import type { Visitor } from './visitor.ts'

const places = [
  ['/', 'Now'],
  ['/runs', 'Runs'],
  ['/trends', 'Trends'],
  ['/calendar', 'Calendar'],
  ['/audit', 'Audit'],
] as const

export type Place = (typeof places)[number][0]

/** What every page of the board shows of its source. */
export interface Surroundings {
  readonly name: string
  readonly halted: Control | null
  readonly visitor: Visitor
}

/** To ask and to send to where it came from. */
const boardRules = "connect-src 'self'; form-action 'self'; base-uri 'none'"

/** The same for the header of an answer, which alone can forbid frames. */
export const boardPolicy = `default-src 'none'; style-src '${reportStyleHash}' '${boardStyleHash}'; script-src '${boardScriptHash}'; ${boardRules}; frame-ancestors 'none'`

/** A page of the board. `data`: what its charts draw. */
export function boardPage(place: Place, title: string, body: Content, around: Surroundings, data: string | null = null): string {
  return pageFrame({
    title: `${title} (Faultline board)`,
    body: markup`<a class="skip" href="#main">Skip to the page</a>
${masthead(place, around)}
<main id="main"><p id="lost" class="lost" role="alert" hidden></p>
<div data-slot="halted">${haltedBanner(around)}</div>
${body}</main>
<footer><p>Faultline board of ${around.name}. Times are UTC.</p></footer>`,
    style: { text: boardStyle, hash: boardStyleHash },
    script: { text: boardScript, hash: boardScriptHash },
    data,
    rules: boardRules,
  })
}

/** Where one is, where else one can go, and the way to stop everything. */
function masthead(place: Place | null, { visitor }: Surroundings): Markup {
  const links = places.map(
    ([path, name]) => markup`<li><a href="${path}" ${path === place ? markup`aria-current="page"` : null}>${name}</a></li>`,
  )
  return markup`<header class="masthead"><p class="brand">Faultline</p><nav aria-label="Board"><ul>${links}</ul></nav>${visitor.mayAct ? haltForm(visitor) : markup`<p class="note">Look only: halt and abort work on the machine that the board runs on.</p>`}</header>`
}

/** Two steps, so that a slip of the hand stops nothing: unfold, then press. */
function haltForm({ token }: Visitor): Markup {
  return markup`<details class="act halt"><summary>Halt everything</summary><form method="post" action="/halt">
<p>Every run reverts now, and none starts until the halt is lifted.</p>
<label>Why <input name="why" required maxlength="200" autocomplete="off"></label>
<input type="hidden" name="token" value="${token}"><button class="danger" type="submit">Halt all runs now</button></form></details>`
}

export function haltedBanner({ halted, visitor }: Pick<Surroundings, 'halted' | 'visitor'>): Markup | null {
  if (halted === null) return null
  return markup`<div class="banner" role="status"><p><strong>Halted</strong> by ${halted.by} at ${timeOfDay(halted.at)}: ${halted.why}. No run starts.</p>${
    visitor.mayAct
      ? markup`<form method="post" action="/resume"><label>Why it may go on <input name="why" required maxlength="200" autocomplete="off"></label> <input type="hidden" name="token" value="${visitor.token}"><button type="submit">Lift the halt</button></form>`
      : null
  }</div>`
}

/** Ends one run; unfolded first. */
export function abortForm(runId: string, { token, mayAct }: Visitor): Markup | null {
  if (!mayAct) return null
  return markup`<details class="act"><summary>Abort this run</summary><form method="post" action="/runs/${encodeURIComponent(runId)}/abort">
<label>Why <input name="why" required maxlength="200" autocomplete="off"></label>
<input type="hidden" name="token" value="${token}"><button class="danger" type="submit">Abort ${runId}</button></form></details>`
}
