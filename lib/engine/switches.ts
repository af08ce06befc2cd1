import { type Actor, actorOf } from '../domain/actor.ts'
import { type AuditEntry, switchEntry } from '../domain/audit.ts'
import type { Control, Controls } from '../domain/control.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { Store } from '../ports.ts'
import { late, withDeadline } from '../with-deadline.ts'
import { auditSwitches } from './audit.ts'
import { wordOf } from './control.ts'
import type { Engine } from './engine.ts'
import { onRecord, unlessFaultline } from './on-record.ts'
import { wantSecondPerson } from './second-person.ts'

/** What it takes to set switches. */
export type Switching = Pick<Engine, 'notifiers' | 'clock'> & {
  readonly store: Pick<Store, 'controls' | 'audit'>
  readonly config: Pick<Engine['config'], 'secondPerson'>
}

/** A person's word as it was stored; `isAudited`: its entry in the trail is there, and not only owed. */
export interface Switched {
  readonly word: Control
  readonly isAudited: boolean
}

/** A halt happens in any case. An entry that cannot be written now is written by the next reaper, or with the first run that the halt ends. */
export async function haltAll(engine: Switching, who: Actor, why: string): Promise<Switched> {
  const { halt } = await wordsNow(engine, '-')
  const word = after(halt, wordOf(who, why, engine.clock.now()))
  await engine.store.controls.set({ kind: 'halt' }, word)
  return { word, isAudited: await isWritten(engine, { halt: word, pause: null }) }
}

/** As a halt, of one suite's starts; an entry that is owed is written with the first start that is refused, or by `unpauseSuite`. */
export async function pauseSuite(engine: Switching, suite: string, who: Actor, why: string): Promise<Switched> {
  const { pause } = await wordsNow(engine, suite)
  const word = after(pause, wordOf(who, why, engine.clock.now()))
  await engine.store.controls.set({ kind: 'pause', suite }, word)
  return { word, isAudited: await isWritten(engine, { halt: null, pause: word }, suite) }
}

/** Words that stood before and whose entries may be owed; beyond so many the oldest go. */
const mostBefore = 10

/** A word in the place of another carries it along: its entry may be owed. */
function after(before: Control | null, word: Control): Control {
  if (before === null) return word
  const { before: earlier = [], ...last } = before
  return { ...word, before: [...earlier, last].slice(-mostBefore) }
}

/** A halt that takes longer is worse than an entry that is lost. */
const readMs = 1_000

/** What is halted already. Where that cannot be read in time, nothing waits for it. */
async function wordsNow({ store, clock }: Switching, suite: string): Promise<Pick<Controls, 'halt' | 'pause'>> {
  const none = { halt: null, pause: null }
  const read = store.controls.read({ id: '-', suite }).catch((error: unknown) => {
    unlessFaultline(error)
    return none
  })
  const words = await withDeadline(clock, readMs, read)
  return words === late ? none : words
}

async function isWritten(engine: Switching, words: Pick<Controls, 'halt' | 'pause'>, suite?: string): Promise<boolean> {
  try {
    await auditSwitches(engine, words, suite)
    return true
  } catch (error) {
    if (error instanceof FaultlineError) return false
    throw error
  }
}

/**
 * Lifts a halt, once that is on record; what was lifted, null where nothing was halted.
 * @throws FaultlineError `unavailable` when it could not be put on record, `refused` where it takes another person than the one who halted: all
 * stays halted; `conflict` when it was halted anew meanwhile
 */
export async function resumeAll(engine: Switching, who: Actor, why: string): Promise<Control | null> {
  const { halt } = await engine.store.controls.read({ id: '-', suite: '-' })
  if (halt !== null) wantSecondPerson(engine.config, 'resume', { first: actorOf(halt), second: who })
  await lift(engine, switchEntry('resume', wordOf(who, why, engine.clock.now())), { halt, pause: null })
  return halt
}

/** As `resumeAll`, of a paused suite. */
export async function unpauseSuite(engine: Switching, suite: string, who: Actor, why: string): Promise<Control | null> {
  const { pause } = await engine.store.controls.read({ id: '-', suite })
  const entry = switchEntry('unpause', wordOf(who, why, engine.clock.now()), { suite })
  await lift(engine, entry, { halt: null, pause, suite })
  return pause
}

interface Lifted {
  readonly halt: Control | null
  readonly pause: Control | null
  readonly suite?: string
}

/**
 * The entry of what is lifted comes first, in case it is still owed: its switch, which tells of it, is about to go. Only what was read is
 * lifted: putting that on record takes its time, in which someone else may halt.
 */
function lift(engine: Switching, entry: AuditEntry, { halt, pause, suite }: Lifted): Promise<void> {
  const seen = halt ?? pause
  return onRecord(engine, [entry], async () => {
    if (seen === null) return
    await auditSwitches(engine, { halt, pause }, suite)
    if (await engine.store.controls.clear(suite === undefined ? { kind: 'halt' } : { kind: 'pause', suite }, seen)) return
    const what = suite === undefined ? 'all was halted' : `${suite} was paused`
    throw new FaultlineError('conflict', `${what} anew meanwhile, and stays so: look by whom and why first`)
  })
}
