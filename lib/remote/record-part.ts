import { hash53 } from '../domain/random.ts'
import type { RunRecord } from '../report/document.ts'
import type { Known, RecordPart } from './interface.ts'

/** The asker of a record before its first answer. */
export const nothingKnown: Known = { history: 0, samples: 0, ledger: null }

/** An event or an answer of a probe is 300 bytes or so: 4,000 of both are half of the 6 MB that a function may answer. */
export const mostEntries = 4_000

/** What of a record its asker does not know yet, not more than an answer may hold. */
export function partOf({ run, injections, history, samples }: RunRecord, known: Known): RecordPart {
  const ledger = hash53(JSON.stringify(injections)).toString(36)
  const events = history.slice(known.history, known.history + mostEntries)
  const answers = samples.slice(known.samples, known.samples + mostEntries)
  return {
    run,
    injections: ledger === known.ledger ? null : injections,
    ledger,
    history: events,
    samples: answers,
    more: known.history + events.length < history.length || known.samples + answers.length < samples.length,
  }
}

/** The record with a further part of it. */
export function withPart(before: RunRecord | null, { run, injections, history, samples }: RecordPart): RunRecord {
  const { injections: ledger, history: events, samples: answers } = before ?? { injections: [], history: [], samples: [] }
  return { run, injections: injections ?? ledger, history: [...events, ...history], samples: [...answers, ...samples] }
}

/** What its holder knows of a record that he has. */
export function knownOf({ history, samples }: RunRecord, ledger: string): Known {
  return { history: history.length, samples: samples.length, ledger }
}
