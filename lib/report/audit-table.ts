import { actorText } from '../domain/actor.ts'
import type { AuditEntry } from '../domain/audit.ts'
import { columnsOf, inColumn } from './columns.ts'
import { table } from './table.ts'

/** What fits a terminal of 80 columns: time, kind and who beside each other, and what is left for the rest. */
const widest = { kind: 9, who: 22, about: 26 } as const

/** The trail for people. A text that is longer than its column is cut; `--json` has all of it. */
export function auditTable(entries: readonly AuditEntry[]): readonly string[] {
  return table(
    ['when (UTC)', 'what', 'who', 'about'],
    entries.map(({ at, kind, actor, run, message }) => [
      new Date(at).toISOString().slice(0, 16).replace('T', ' '),
      kind.slice(0, widest.kind),
      ended(actor === null ? 'Faultline' : actorText(actor), widest.who),
      inColumn(run === null ? message : `${run.suite}: ${message}`, widest.about),
    ]),
  )
}

/** Of an ARN its end says who it is. */
function ended(text: string, width: number): string {
  return columnsOf(text) <= width ? text : `…${text.slice(1 - width)}`
}
