import { loadOf, withLoad } from './load.ts'
import type { Run } from './run.ts'
import type { RunEvent } from './run-event.ts'

export type LoadEvent = Extract<RunEvent, { type: 'load_armed' | 'load_started' | 'load_ended' | 'load_gone' }>

/** A load has a life of its own beside the steps; what became of it first is what is kept. @throws TypeError for one without a fuse */
export function afterLoad(run: Run, event: LoadEvent, now: number): Run {
  if (event.type === 'load_armed') {
    const blank = { startedAt: null, end: null, goneAt: null, log: '', figures: {} }
    return { ...run, loads: withLoad(run.loads, { ...event.load, ...blank }) }
  }
  const record = loadOf(run, event.n)
  if (record === undefined) throw new TypeError(`${event.type} of load ${event.n}, whose fuse is not armed`)
  if (event.type === 'load_started') return { ...run, loads: withLoad(run.loads, { ...record, startedAt: record.startedAt ?? now }) }
  const said = { log: event.log === '' ? record.log : event.log, figures: { ...record.figures, ...event.figures } }
  const goneAt = event.type === 'load_gone' ? (record.goneAt ?? now) : record.goneAt
  return { ...run, loads: withLoad(run.loads, { ...record, ...said, end: record.end ?? event.end, goneAt }) }
}
