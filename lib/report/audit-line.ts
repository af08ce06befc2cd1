import { actorText } from '../domain/actor.ts'
import type { AuditEntry } from '../domain/audit.ts'

/** An entry as programs get it, one line of JSON each; its time as RFC 3339, and who it was for people, too. */
export function auditLine({ at, actor, ...entry }: AuditEntry) {
  const who = actor === null ? null : { ...actor, text: actorText(actor) }
  const { id, kind, ...rest } = entry
  return { id, at: new Date(at).toISOString(), kind, actor: who, ...rest }
}

/** An entry as `auditLine` tells it. */
export type AuditLine = ReturnType<typeof auditLine>

/** The entry that a line tells of. */
export function entryOfLine({ at, actor, ...line }: AuditLine): AuditEntry {
  return { ...line, at: Date.parse(at), actor }
}
