import type { Step, Suite } from './suite.ts'

type Placed = Pick<Step, 'name' | 'together'>
type Timed = Placed & Pick<Step, 'durationMs'>

/** The steps that are begun as one, as indexes into the suite's list: from `first` to `last`. A step without a group is alone. */
export interface Block {
  readonly first: number
  readonly last: number
}

/** The block that a step belongs to. Pure. */
export function blockOf(steps: readonly Placed[], index: number): Block {
  const group = steps[index]?.together?.group
  if (group === undefined) return { first: index, last: index }
  const isMember = (at: number) => steps[at]?.together?.group === group
  let [first, last] = [index, index]
  while (isMember(first - 1)) first -= 1
  while (isMember(last + 1)) last += 1
  return { first, last }
}

/** The steps of a block, in the suite's order. */
export function membersOf(steps: readonly Placed[], index: number): readonly number[] {
  const { first, last } = blockOf(steps, index)
  return Array.from({ length: last - first + 1 }, (_, n) => first + n)
}

/** All blocks of a suite, in order. */
export function blocksOf(steps: readonly Placed[]): readonly Block[] {
  return steps.flatMap((_, index) => {
    const block = blockOf(steps, index)
    return block.first === index ? [block] : []
  })
}

/** Whether the step is one of several that may be at work at once. */
export function isGrouped(steps: readonly Placed[], index: number): boolean {
  return steps[index]?.together !== undefined
}

/** Those of its group that a step waits for. A name that the group has not (it was left out of this run) is not waited for. */
export function predecessorsOf(steps: readonly Placed[], index: number): readonly number[] {
  const after = steps[index]?.together?.after ?? []
  return membersOf(steps, index).filter((other) => other !== index && after.includes(steps[other]?.name ?? ''))
}

/** Whether `later` begins only when `earlier` is undone, by itself or through others. */
function isAfter(steps: readonly Placed[], later: number, earlier: number): boolean {
  const seen = new Set<number>()
  const open = [later]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const before of predecessorsOf(steps, at)) {
      if (before === earlier) return true
      if (!seen.has(before)) open.push(before)
      seen.add(before)
    }
  }
  return false
}

/**
 * Whether both may be at work at one time: two of one group of which neither waits for the other. Times alone keep none apart, as a fault
 * may take long to bite. Pure.
 */
export function mayOverlap(steps: readonly Placed[], one: number, other: number): boolean {
  if (one === other || !membersOf(steps, one).includes(other)) return false
  return !isAfter(steps, one, other) && !isAfter(steps, other, one)
}

/** When a step begins and ends if every fault bites at once and is undone at once, in ms from the begin of its block. */
export interface Offsets {
  readonly fromMs: number
  readonly toMs: number
}

/** The planned times of a step within its block. Pure; rings of steps that wait for each other (no suite has them) are gone round once. */
export function offsetsOf(steps: readonly Timed[], index: number): Offsets {
  const members = membersOf(steps, index)
  const before = new Map(members.map((member) => [member, predecessorsOf(steps, member)]))
  const ends = new Map<number, number>()
  const fromOf = (member: number) =>
    Math.max(0, ...(before.get(member) ?? []).map((other) => ends.get(other) ?? 0)) + (steps[member]?.together?.delayMs ?? 0)
  for (const _ of members) for (const member of members) ends.set(member, fromOf(member) + (steps[member]?.durationMs ?? 0))
  return { fromMs: fromOf(index), toMs: ends.get(index) ?? 0 }
}

/** How long a block takes as planned: of a step that is alone, its duration. */
export function blockMs(steps: readonly Timed[], { first, last }: Block): number {
  return Math.max(0, ...Array.from({ length: last - first + 1 }, (_, n) => offsetsOf(steps, first + n).toMs))
}

/** When each step begins as planned, in ms from the begin of the first. The rest after a block is that of its last step. */
export function plannedStarts(steps: readonly (Timed & Pick<Step, 'intervalMs'>)[]): readonly number[] {
  let at = 0
  return blocksOf(steps).flatMap((block) => {
    const starts = membersOf(steps, block.first).map((index) => at + offsetsOf(steps, index).fromMs)
    at += blockMs(steps, block) + (steps[block.last]?.intervalMs ?? 0)
    return starts
  })
}

/** The time the suite takes when nothing goes wrong and recovery is instant, in milliseconds. */
export function plannedMs({
  graceBeforeMs,
  graceAfterMs,
  steps,
}: Pick<Suite, 'graceBeforeMs' | 'graceAfterMs'> & { readonly steps: readonly (Timed & Pick<Step, 'intervalMs'>)[] }): number {
  const blocks = blocksOf(steps)
  const rests = blocks.slice(0, -1).reduce((sum, { last }) => sum + (steps[last]?.intervalMs ?? 0), 0)
  return graceBeforeMs + blocks.reduce((sum, block) => sum + blockMs(steps, block), 0) + rests + graceAfterMs
}

/** The steps of a block in the order in which they are planned to begin; of those that begin at once, in the suite's. */
export function inOrderOfBegin(steps: readonly Timed[], index: number): readonly number[] {
  const from = new Map(membersOf(steps, index).map((member) => [member, offsetsOf(steps, member).fromMs]))
  return membersOf(steps, index).toSorted((a, b) => (from.get(a) ?? 0) - (from.get(b) ?? 0) || a - b)
}

/** Those of its group that may be at work as a step begins, and are planned to begin before it. */
export function earlierBeside(steps: readonly Timed[], index: number): readonly number[] {
  const order = inOrderOfBegin(steps, index)
  return order.slice(0, order.indexOf(index)).filter((other) => mayOverlap(steps, index, other))
}
