import type { ProbeSummary } from './probe.ts'
import type { Readiness } from './readiness.ts'
import { type Run, type StepRecord, stepOf } from './run.ts'
import { judgeSteady, probedChange } from './steady.ts'

/** The record of the step a run is at. */
export function recordOf(run: Run): StepRecord {
  const record = run.steps[indexOf(run)]
  if (record === undefined) throw new TypeError(`run ${run.id} has no step ${indexOf(run)}`)
  return record
}

/** Changes the current step's record; reasons add up. */
export function withStep<R extends Run>(run: R, change: Partial<StepRecord>, at: number = indexOf(run)): R {
  const steps = run.steps.map((record, i) =>
    i === at ? { ...record, ...change, reasons: [...record.reasons, ...(change.reasons ?? [])] } : record,
  )
  return { ...run, steps }
}

/** A fault that bit to its end has a verdict once the workload is healthy again: what its probes answered meanwhile. */
export function judged<R extends Run>(run: R, at: number = indexOf(run)): R {
  const record = run.steps[at]
  return record?.verdict === 'running' ? withStep(run, judgeSteady(run.suite.probes, record), at) : run
}

/** The step's record with what its probes answered so far, or without any how few of its workload's pods were Ready. */
export function withAnswers<R extends Run>(
  run: R,
  { probes = [], readiness }: { readonly probes?: readonly ProbeSummary[]; readonly readiness?: Readiness },
  at: number = indexOf(run),
): R {
  const counted = readiness === undefined ? run : withStep(run, { readiness }, at)
  const record = counted.steps[at]
  return probes.length === 0 || record === undefined ? counted : withStep(counted, probedChange(run.suite.probes, record, probes), at)
}

function indexOf(run: Run): number {
  return stepOf(run) ?? 0
}
