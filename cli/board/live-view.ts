import { isEnded } from '../../lib/domain/run.ts'
import { reportDocument } from '../../lib/report/document.ts'
import type { ChartData } from '../../lib/report/html/chart-data.ts'
import { type Markup, markup } from '../../lib/report/markup.ts'
import { haltedBanner } from './frame.ts'
import { liveArticle, liveRun } from './live-run.ts'
import { runsTable } from './pages/runs.ts'
import type { BoardSource } from './source.ts'
import type { Visitor } from './visitor.ts'

/** What is shown of now: the whole of it, its parts that change by name, and what the charts draw. */
export interface LiveView {
  readonly now: number
  /** Which runs are live: as long as they are the same, only slots change. */
  readonly runs: readonly string[]
  readonly whole: string
  readonly slots: Readonly<Record<string, string>>
  readonly charts: Readonly<Record<string, ChartData>>
}

/** An hour of answers is what a chart of now shows; the report has all of them. */
const newestAnswersMs = 3_600_000
const newestRuns = 8

export async function liveView(source: BoardSource, visitor: Visitor): Promise<LiveView> {
  const now = source.now()
  const [live, recent, halted] = await Promise.all([source.live(), source.runs(newestRuns), source.halted()])
  const records = await Promise.all(live.map(({ id }) => source.record(id)))
  const shown = records.flatMap((record) => {
    if (record === undefined || isEnded(record.run)) return []
    const samples = record.samples.filter(({ at }) => at >= now - newestAnswersMs)
    const document = reportDocument({ ...record, samples })
    return [{ document, live: liveRun(document, record.run, now) }]
  })
  const slots: Record<string, Markup | null> = {
    halted: haltedBanner({ halted, visitor }),
    recent: runsTable(recent.filter(isEnded), 'Newest runs'),
  }
  for (const { live: one } of shown) Object.assign(slots, one.slots)
  return {
    now,
    runs: shown.map(({ live: one }) => one.id),
    whole: (shown.length === 0
      ? markup`<p class="quiet">Nothing runs now.</p>`
      : markup`${shown.map(({ live: one, document }) => liveArticle(one, document, visitor))}`
    ).text,
    slots: Object.fromEntries(Object.entries(slots).map(([name, content]) => [name, content?.text ?? ''])),
    charts: Object.fromEntries(shown.map(({ live: one }) => [one.id, one.charts])),
  }
}
