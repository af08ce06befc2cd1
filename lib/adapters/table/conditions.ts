/** What must hold of the stored item for a write to be applied: one of these. A comparison with an absent attribute does not hold. */
export type Condition = readonly Comparison[]

/** One attribute of the stored item. */
export type Comparison =
  | { readonly attribute: string; readonly is: 'absent' }
  | { readonly attribute: string; readonly is: 'present' }
  | { readonly attribute: string; readonly is: '=' | '<>' | '<='; readonly value: string | number }

// Time runs to the right; `x` is the write the condition refuses.

/** A: put ── B: put x (B reads back who was first) */
export const notThereYet: Condition = [{ attribute: 'pk', is: 'absent' }]

/** A: load v4 ── B: load v4 ── B: save v5 ── A: save v5 x */
export const unchangedSince = (version: number): Condition => [{ attribute: 'version', is: '=', value: version }]

/** A: acquire ── A: acquire (again, fine) ── B: acquire x */
export const freeOrHeldBy = (runId: string): Condition => [...notThereYet, ...heldBy(runId)]

/** A: acquire ── B: takes over from A ── A: release x, C: takes over from A x */
export const heldBy = (runId: string): Condition => [{ attribute: 'holder', is: '=', value: runId }]

/** run ends, query its items ── one is gone ── mark it x (a mark must not bring it back) */
export const stillThere: Condition = [{ attribute: 'pk', is: 'present' }]

/** A: halt ── B: read it, to lift it ── C: halt ── B: lift x. Switches of versions from before say no word of their own. */
export const sameWord = (word: string): Condition => [
  { attribute: 'word', is: '=', value: word },
  { attribute: 'word', is: 'absent' },
]

/** A: claim at 0 for 60 ── B: claim at 30 x ── B: claim at 60. A claim for good has no `freeAt`. */
export const unclaimedAt = (at: number): Condition => [...notThereYet, { attribute: 'freeAt', is: '<=', value: at }]

/** A: adds a1 ── (its answer is lost) ── A: adds a1 again x. With B's addition in between it counts twice: only the last is remembered. */
export const notJustAdded = (addition: string): Condition => [
  { attribute: 'lastAddition', is: 'absent' },
  { attribute: 'lastAddition', is: '<>', value: addition },
]
