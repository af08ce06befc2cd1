import type { FuseRef } from './injection.ts'
import type { LoadSpec } from './load-spec.ts'
import { compare } from './tolerance.ts'

/** `with_the_run`: it was stopped because the run was over. `by_itself`: exit code 0 before that. `died`: anything else. */
export interface LoadEnd {
  readonly at: number
  readonly how: 'with_the_run' | 'by_itself' | 'died'
  /** For people: how, and what its log said last. */
  readonly detail: string
}

/** What is known of a load; its fuse is stored before its Job is made. Times are ms since epoch, null until they happen. */
export interface LoadRecord {
  /** Its number in the suite's `load`. */
  readonly n: number
  readonly name: string
  readonly namespace: string
  /** Owns its Job: with the fuse's UID gone, the Job and its pod go. */
  readonly fuse: FuseRef
  readonly startedAt: number | null
  readonly end: LoadEnd | null
  /** When it was shown that nothing of it is left. */
  readonly goneAt: number | null
  /** The end of its log. */
  readonly log: string
  /** What its log said last of each figure. */
  readonly figures: Readonly<Record<string, number | string>>
}

/** What a look at a load, or its end, tells. */
export type LoadSaid = Pick<LoadRecord, 'log' | 'figures'>

interface Loaded {
  readonly suite: { readonly load?: readonly LoadSpec[] }
  readonly loads?: readonly LoadRecord[]
}

/** The record of the load of that number; undefined before its fuse was armed. */
export function loadOf({ loads = [] }: Pick<Loaded, 'loads'>, n: number): LoadRecord | undefined {
  return loads.find((record) => record.n === n)
}

/** True while a load of the suite has not been started yet. */
export function owesLoads(run: Loaded): boolean {
  return (run.suite.load ?? []).some((_, n) => (loadOf(run, n)?.startedAt ?? null) === null)
}

/** Loads that were not there to the end as they should have been (what the run measured was measured without them), or found what must not be. */
export function failedLoads(run: Loaded): readonly { readonly name: string; readonly detail: string }[] {
  return (run.loads ?? []).flatMap((record) => {
    const spec = run.suite.load?.[record.n]
    return [...early(record, spec), ...unexpected(record, spec)].map((detail) => ({ name: record.name, detail }))
  })
}

function early({ end }: LoadRecord, spec: LoadSpec | undefined): readonly string[] {
  if (end === null || end.how === 'with_the_run' || (end.how === 'by_itself' && spec?.mayEnd === true)) return []
  return [`was not there to the end: ${end.detail}`]
}

function unexpected({ figures, goneAt }: LoadRecord, spec: LoadSpec | undefined): readonly string[] {
  if (goneAt === null) return []
  return (spec?.expect ?? []).flatMap(({ figure, op, value }) => {
    const said = figures[figure]
    if (typeof said === 'number' && compare(said, op, value)) return []
    return [`said ${said === undefined ? 'nothing of' : 'of'} ${figure}${said === undefined ? '' : `: ${said}`}; expected: ${op} ${value}`]
  })
}

/** The run's records with one of them changed, or a new one. */
export function withLoad(loads: readonly LoadRecord[] | undefined, changed: LoadRecord): readonly LoadRecord[] {
  return [...(loads ?? []).filter(({ n }) => n !== changed.n), changed].toSorted((a, b) => a.n - b.n)
}
