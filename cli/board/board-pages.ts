import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { jsonForPage } from '../../lib/report/html/chart-data.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { reportScriptHash } from '../../lib/report/html/script.ts'
import { reportStyleHash } from '../../lib/report/html/style.ts'
import { type Content, markup, trusted } from '../../lib/report/markup.ts'
import type { Answer } from './answer.ts'
import { boardPage, boardPolicy, type Place, type Surroundings } from './frame.ts'
import { liveView } from './live-view.ts'
import { auditBody } from './pages/audit.ts'
import { calendarBody, monthOf } from './pages/calendar.ts'
import { diffBody } from './pages/diff.ts'
import { runsBody } from './pages/runs.ts'
import { trendsPage } from './pages/trends.ts'
import type { BoardSource } from './source.ts'
import { runIn, type Visitor } from './visitor.ts'

/** So many runs are looked back on. */
const mostRuns = 500

const reportPolicy = `default-src 'none'; style-src '${reportStyleHash}'; script-src '${reportScriptHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Answers every address of the board with a page. */
export class BoardPages {
  readonly #source: BoardSource
  readonly #suites: () => Promise<readonly Suite[]>

  /** `suites`: those whose schedules the calendar shows. */
  constructor(source: BoardSource, suites: () => Promise<readonly Suite[]>) {
    this.#source = source
    this.#suites = suites
  }

  async page(url: URL, visitor: Visitor): Promise<Answer> {
    const source = this.#source
    const around = { name: source.name, halted: await source.halted(), visitor }
    const page = (place: Place, title: string, body: Content, data: string | null = null, status = 200): Answer => ({
      status,
      html: boardPage(place, title, body, around, data),
      policy: boardPolicy,
    })
    switch (url.pathname) {
      case '/':
        return page('/', 'Now', await this.#now(around))
      case '/runs':
        return page('/runs', 'Runs', runsBody(await source.runs(mostRuns)))
      case '/diff':
        return page('/runs', 'Two runs', diffBody(await this.#document(url, 'before'), await this.#document(url, 'now')))
      case '/trends': {
        const { body, charts } = trendsPage(await source.runs(mostRuns))
        return page('/trends', 'Trends', body, jsonForPage(charts))
      }
      case '/calendar': {
        const asked = url.searchParams.get('month') ?? ''
        const month = /^\d{4}-(?:0[1-9]|1[0-2])$/.test(asked) ? asked : monthOf(source.now())
        return page('/calendar', 'Calendar', calendarBody(month, await source.runs(mostRuns), await this.#suites(), source.now()))
      }
      case '/audit':
        return page('/audit', 'Audit', auditBody(await source.audit()))
    }
    const run = runIn(url.pathname)
    if (run !== undefined) return await this.#report(run)
    return page('/', 'Not found', markup`<h1>There is no such page</h1>`, null, 404)
  }

  async #now(around: Surroundings): Promise<Content> {
    const { whole, slots } = await liveView(this.#source, around.visitor)
    return markup`<h1>Now</h1><div id="live">${trusted(whole)}</div>
<section><h2>Newest runs</h2><div data-slot="recent">${trusted(slots.recent ?? '')}</div></section>`
  }

  async #report(id: string): Promise<Answer> {
    const record = await this.#source.record(id)
    if (record === undefined) throw new FaultlineError('not_found', `there is no run ${id}`)
    const above = markup`<nav class="above" aria-label="Board"><a href="/">Board</a> › <a href="/runs">Runs</a></nav>`
    return { status: 200, html: htmlReport(reportDocument(record), above), policy: reportPolicy }
  }

  async #document(url: URL, name: string) {
    const id = url.searchParams.get(name) ?? ''
    const record = await this.#source.record(id)
    if (record === undefined) throw new FaultlineError('not_found', `there is no run ${id}`)
    return reportDocument(record)
  }
}
