import { elapsed } from '../domain/elapsed.ts'
import { hash53 } from '../domain/random.ts'
import { isEnded, type Run, type StepRecord, type StepVerdict } from '../domain/run.ts'
import { runScore } from '../domain/score.ts'
import type { Suite } from '../domain/suite.ts'

/** One run in numbers, for what compares runs: scores are 0 to 100, times milliseconds; null where nothing says it. */
export interface RunFigures {
  readonly run: string
  readonly suite: string
  /** Of what the suite does and expects: runs with other ones cannot be compared. */
  readonly suiteDigest: string
  readonly cluster: { readonly uid: string; readonly name: string; readonly simulated: boolean }
  readonly namespace: string
  readonly verdict: Run['status']
  readonly requestedAt: number
  readonly tookMs: number | null
  readonly score: number | null
  /** Steps that succeeded, and all of them. */
  readonly succeeded: number
  readonly all: number
  /** The longest of its steps. */
  readonly detectMs: number | null
  readonly recoveryMs: number | null
  readonly undoneAfterMs: number | null
  readonly orphans: number
  readonly steps: readonly StepFigures[]
}

export interface StepFigures {
  readonly name: string
  readonly verdict: StepVerdict
  readonly score: number | null
  /** From the proof that it bites to the first answer of a probe out of tolerance. */
  readonly detectMs: number | null
  /** From the proof that it is gone to a workload as healthy as before. */
  readonly recoveryMs: number | null
  /** From the planned end to the proof that it is gone; negative when it was ended early. */
  readonly undoneAfterMs: number | null
}

/** Pure. */
export function runFigures(run: Run): RunFigures {
  const steps = run.steps.map(stepFigures)
  const longest = (pick: (step: StepFigures) => number | null) => {
    const known = steps.flatMap((step) => pick(step) ?? [])
    return known.length === 0 ? null : Math.max(...known)
  }
  const { uid, name, simulated } = run.cluster
  return {
    run: run.id,
    suite: run.suite.name,
    suiteDigest: digestOf(run.suite),
    cluster: { uid, name, simulated },
    namespace: run.namespace,
    verdict: run.status,
    requestedAt: run.requestedAt,
    tookMs: isEnded(run) ? run.endedAt - run.requestedAt : null,
    score: runScore(run.steps),
    succeeded: steps.filter((step) => step.verdict === 'succeeded').length,
    all: steps.length,
    detectMs: longest((step) => step.detectMs),
    recoveryMs: longest((step) => step.recoveryMs),
    undoneAfterMs: longest((step) => step.undoneAfterMs),
    orphans: run.orphans,
    steps,
  }
}

function stepFigures(step: StepRecord): StepFigures {
  const { name, verdict, score, activeAt, plannedEnd, revertedAt, recoveredAt, detectedAt } = step
  return {
    name,
    verdict,
    score,
    detectMs: elapsed(activeAt, detectedAt),
    recoveryMs: elapsed(revertedAt, recoveredAt),
    undoneAfterMs: elapsed(plannedEnd, revertedAt),
  }
}

/** What a suite is called and described as makes no other suite of it. */
function digestOf({ steps, probes, thresholds, selector }: Suite): string {
  return hash53(JSON.stringify({ steps, probes, thresholds, selector })).toString(36)
}
