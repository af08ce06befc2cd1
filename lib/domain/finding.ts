/**
 * How a check ended. `failed`: no game day, or not every fault, is possible like that. `unknown`: the check could not look, which is a warning
 * and never an "ok". `off`: the owner has not set up what it would look at.
 */
export type FindingState = 'ok' | 'warning' | 'failed' | 'unknown' | 'off'

/** What one check found of one thing. */
export interface Outcome {
  readonly state: FindingState
  /** Node, namespace or other thing that it is about, where a check looks at several; null: at all there is. */
  readonly on: string | null
  readonly found: string
  /** A command to paste, or what to change where; null when there is nothing to do. */
  readonly fix: string | null
}

/** One line of what doctor tells. */
export interface Finding extends Outcome {
  readonly check: string
}

export type Health = 'ok' | 'warnings' | 'failed'

/** What all findings come to. */
export function healthOf(findings: readonly Pick<Finding, 'state'>[]): Health {
  if (findings.some(({ state }) => state === 'failed')) return 'failed'
  return findings.some(({ state }) => state === 'warning' || state === 'unknown') ? 'warnings' : 'ok'
}

export const ok = (found: string, on: string | null = null): Outcome => ({ state: 'ok', on, found, fix: null })
export const off = (found: string, fix: string): Outcome => ({ state: 'off', on: null, found, fix })
export const failed = (found: string, fix: string, on: string | null = null): Outcome => ({ state: 'failed', on, found, fix })
export const warning = (found: string, fix: string | null, on: string | null = null): Outcome => ({ state: 'warning', on, found, fix })
export const unknown = (found: string, fix: string | null, on: string | null = null): Outcome => ({ state: 'unknown', on, found, fix })

/** So many names are read at a glance. */
const mostNames = 3

/** What is the same on several things becomes one outcome that names them. */
export function together(outcomes: readonly Outcome[], plural: string): readonly Outcome[] {
  const same = new Map<string, Outcome[]>()
  for (const outcome of outcomes) {
    const key = JSON.stringify([outcome.state, outcome.found, outcome.fix])
    same.set(key, [...(same.get(key) ?? []), outcome])
  }
  return [...same.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    if (group.length === outcomes.length && group.length > 1) return [{ ...first, on: `all ${group.length} ${plural}` }]
    const names = group.flatMap(({ on }) => (on === null ? [] : [on]))
    const more = names.length - mostNames
    const on = names.length === 0 ? null : `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    return [{ ...first, on }]
  })
}
