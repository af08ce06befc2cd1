import type { AuditLine } from '../../../lib/report/audit-line.ts'
import { dateAndTimeInWords } from '../../../lib/report/durations.ts'
import { stackTable } from '../../../lib/report/html/tables.ts'
import { type Content, markup } from '../../../lib/report/markup.ts'
import { runLink } from './runs.ts'

/** Who did what, as the audit trail has it. */
export function auditBody(entries: readonly AuditLine[]): Content {
  const rows = entries.map(({ at, kind, actor, run, message }) => [
    markup`<th scope="row">${dateAndTimeInWords(Date.parse(at))}</th>`,
    actor === null ? 'Faultline' : actor.text,
    kind,
    run === null ? '–' : markup`${runLink(run.id, run.suite)}<br><small>${run.id}</small>`,
    message,
  ])
  return markup`<h1>Who did what</h1>
${rows.length === 0 ? markup`<p class="quiet">Nothing was done yet.</p>` : stackTable('Audit, newest first', ['when', 'who', 'did', 'run', 'about'], rows)}`
}
