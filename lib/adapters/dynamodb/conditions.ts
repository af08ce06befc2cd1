/** Time runs to the right; `x` is the write the condition refuses. */

/** A: put ── B: put x (B reads back who was first) */
export const notThereYet = 'attribute_not_exists(pk)'

/** A: load v4 ── B: load v4 ── B: save v5 ── A: save v5 x */
export const unchangedSinceLoad = 'version = :previous'

/** A: acquire ── A: acquire (again, fine) ── B: acquire x */
export const freeOrMine = 'attribute_not_exists(pk) OR holder = :runId'

/** A: acquire ── B: takes over from A ── A: release x, C: takes over from A x */
export const heldBy = 'holder = :runId'

/** run ends, query its items ── one is gone ── mark it x (a mark must not bring it back) */
export const stillThere = 'attribute_exists(pk)'

/** A: claim at 0 for 60 ── B: claim at 30 x ── B: claim at 60. `for good` has no `freeAt`. */
export const unclaimed = 'attribute_not_exists(pk) OR freeAt <= :at'

/** A: adds a1 ── (its answer is lost) ── A: adds a1 again x. With B's addition in between it counts twice: only the last is remembered. */
export const notJustAdded = 'attribute_not_exists(lastAddition) OR lastAddition <> :addition'
