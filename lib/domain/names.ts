/** A step of a run, as names and labels of its objects tell it. */
export interface StepOfRun {
  readonly runId: string
  readonly step: number
}

/** What one step's objects and targets are tagged with, as label value and in the kernel: `RUN-STEP`. */
export function stepTag(runId: string, step: number): string {
  return `${runId}-${step}`
}

/** The step that a tag names; null when the text is no tag. */
export function parseStepTag(text: string): StepOfRun | null {
  const match = /^(.+)-(\d+)$/.exec(text)
  return match?.[1] === undefined ? null : { runId: match[1], step: Number(match[2]) }
}

/** Name of a run's beacon. */
export function beaconName(runId: string): string {
  return `faultline-${runId}`
}

/** Name of the fuse of a step: `faultline-RUN-STEP`, with a suffix where a step needs more than one. */
export function fuseName(runId: string, step: number, suffix = ''): string {
  return `faultline-${stepTag(runId, step)}${suffix === '' ? '' : `-${suffix}`}`
}

/** Suffix of the names of what a step has once per node; `n` counts its nodes. */
export function nodeSuffix(n: number): string {
  return `n${n}`
}

/** The step whose cordon's fuse has this name; null when the name is none. */
export function parseCordonFuse(name: string): StepOfRun | null {
  const match = /^faultline-(.+)-n\d+$/.exec(name)
  return match?.[1] === undefined ? null : parseStepTag(match[1])
}
