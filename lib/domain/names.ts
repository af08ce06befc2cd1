import { hash53 } from './random.ts'

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

/**
 * What the names of a run's objects are made of. `nonce` is drawn at random and stored with the run before any of them exists: an account
 * that may make Jobs can make none beforehand under such a name. Empty in runs of earlier versions.
 */
export interface NamedRun {
  readonly runId: string
  readonly nonce: string
}

/** A letter and four letters or digits (43 million): with all else a name must not pass 63 characters, the longest label value. */
export const nonceLength = 5

/** The nonce that these random numbers, each 0 to 255, stand for. */
export function nonceOf(random: ArrayLike<number>): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const at = (signs: string, i: number) => signs[(random[i] ?? 0) % signs.length] ?? ''
  return Array.from({ length: nonceLength }, (_, i) => at(i === 0 ? letters : `${letters}0123456789`, i)).join('')
}

/** Name of a run's beacon: `faultline-RUN-NONCE`. */
export function beaconName({ runId, nonce }: NamedRun): string {
  return joined('faultline', runId, nonce)
}

/** Name of the fuse of a step: `faultline-RUN-STEP-NONCE`, with a suffix where a step needs more than one. */
export function fuseName({ runId, nonce }: NamedRun, step: number, suffix = ''): string {
  return joined('faultline', stepTag(runId, step), nonce, suffix)
}

/** Name of the fuse of a load, by its number in the suite; its Job is named after it. */
export function loadFuseName({ runId, nonce }: NamedRun, n: number): string {
  return joined('faultline', `${runId}-l${n}`, nonce)
}

/** Name of a load's Job. */
export function loadJobName(run: NamedRun, n: number): string {
  return joined(loadFuseName(run, n), 'w')
}

/** Name of the Job of a probe: `key` tells its questions apart. */
export function probeJobName(runId: string, key: string): string {
  return joined('faultline', `${runId}-p`, hash53(key).toString(36).padStart(5, '0').slice(-5))
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('-')
}

/** Name of the check that looks for what an injector left: its own, with `cN` for `nN`, so that it is no longer. */
export function checkName(injector: string): string {
  return injector.replace(/-n(\d+)$/, '-c$1')
}

/** Suffix of the names of what a step has once per node; `n` counts its nodes. */
export function nodeSuffix(n: number): string {
  return `n${n}`
}

/** The step whose cordon's fuse has this name, with or without a nonce; null when the name is none. */
export function parseCordonFuse(name: string): StepOfRun | null {
  const match = /^faultline-(.+?-\d+)(?:-[a-z][a-z0-9]{4})?-n\d+$/.exec(name)
  return match?.[1] === undefined ? null : parseStepTag(match[1])
}
