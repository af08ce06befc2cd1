import type { Injection } from '../../lib/domain/injection.ts'
import type { ProbeSample } from '../../lib/domain/probe.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { Progress } from '../../lib/engine/engine.ts'

/** All that the live view shows. */
export interface RunState {
  readonly run: Run
  readonly injections: readonly Injection[]
  /** Warnings of the plan, by step. */
  readonly warnings: Readonly<Record<number, readonly string[]>>
  /** What the driver had to say beside the history, newest last. */
  readonly notes: readonly string[]
  /** Latest answer of each probe, by its name. */
  readonly samples: Readonly<Record<string, ProbeSample>>
  /** How often the user pressed Ctrl-C. */
  readonly interrupts: number
}

/** More would push the steps off a terminal of 24 rows. */
const notesKept = 2

/** The view before anything happened to the run. */
export function initialState(run: Run): RunState {
  return { run, injections: [], warnings: {}, notes: [], samples: {}, interrupts: 0 }
}

/** The view after the engine told something; what is told of an older version of the run never brings that back. Pure. */
export function advance(state: RunState, progress: Progress): RunState {
  const told = progress.kind === 'event' ? (progress.whole ?? progress.run) : progress.run
  const run = told.version < state.run.version ? state.run : told
  switch (progress.kind) {
    case 'note':
      return { ...state, run, notes: [...state.notes.filter((note) => note !== progress.message), progress.message].slice(-notesKept) }
    case 'injection':
      return { ...state, run, injections: progress.injections }
    case 'sample':
      return { ...state, run, samples: { ...state.samples, [progress.sample.probe]: progress.sample } }
    case 'event': {
      const { event, injections } = progress
      const notes = event.type === 'lease_renewed' ? state.notes : []
      if (event.type !== 'step_planned' || !('step' in progress.run)) return { ...state, run, injections, notes }
      return { ...state, run, injections, notes, warnings: { ...state.warnings, [progress.run.step]: event.warnings } }
    }
  }
}
