import type { Run } from '../../../lib/domain/run.ts'
import { isEnded } from '../../../lib/domain/run.ts'
import { dateAndTimeInWords } from '../../../lib/report/durations.ts'
import { stackTable } from '../../../lib/report/html/tables.ts'
import { type Content, markup } from '../../../lib/report/markup.ts'
import { runLink } from './runs.ts'

interface Deed {
  readonly at: number
  readonly who: string
  readonly what: string
  readonly why: string
  readonly run: Run
}

/** Who started, aborted or resolved what, as the runs themselves keep it; newest first. */
export function auditBody(runs: readonly Run[]): Content {
  const deeds = runs.flatMap(deedsOf).sort((a, b) => b.at - a.at)
  const rows = deeds.map(({ at, who, what, why, run }) => [
    markup`<th scope="row">${dateAndTimeInWords(at)}</th>`,
    who,
    what,
    markup`${runLink(run.id, run.suite.name)}<br><small>${run.id}</small>`,
    why,
  ])
  return markup`<h1>Who did what</h1>
${rows.length === 0 ? markup`<p class="quiet">Nothing was done yet.</p>` : stackTable('Audit, newest first', ['when', 'who', 'did', 'run', 'why'], rows)}`
}

function deedsOf(run: Run): readonly Deed[] {
  const deeds: Deed[] = [{ at: run.requestedAt, who: run.trigger.by, what: `started (${run.trigger.kind})`, why: '', run }]
  if (run.abort !== null)
    deeds.push({ at: run.abort.at, who: run.abort.by, what: `aborted (${run.abort.reason})`, why: run.abort.detail, run })
  if (isEnded(run) && run.resolved !== null)
    deeds.push({ at: run.endedAt, who: run.resolved.by, what: 'resolved', why: run.resolved.why, run })
  return deeds
}
