import type { Finding, Measurement, Target } from '../domain/injection.ts'
import type { FaultContext } from './fault.ts'

/** What one dial through the API server's pod proxy showed of a target. */
export interface Connectivity {
  readonly target: string
  readonly state: 'open' | 'closed' | 'unknown'
  readonly message: string
}

/**
 * Dials every target's port from the API server. Proves new inbound connections from there and no more: egress and established
 * connections stay unknown (https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls).
 */
export async function dialTargets(context: FaultContext, targets: readonly Target[]): Promise<readonly Connectivity[]> {
  return Promise.all(targets.map((target) => dialTarget(context, target)))
}

async function dialTarget(context: FaultContext, target: Target): Promise<Connectivity> {
  if (target.port === undefined) return { target: target.name, state: 'unknown', message: 'no TCP port is declared' }
  const result = await context.cluster.pods.dial({ namespace: target.namespace, name: target.name, port: target.port }, '/')
  const state = ({ reached: 'open', cut: 'closed', silent: 'closed', unknown: 'unknown' } as const)[result.outcome]
  return { target: target.name, state, message: result.message }
}

/** The canary as figures for the ledger and the report. */
export function asMeasurements(canaries: readonly Connectivity[]): readonly Measurement[] {
  return canaries.map((canary) => ({ target: canary.target, name: 'canary', unit: '', value: canary.state }))
}

/** Targets whose canary answered before: only theirs can show a cut. */
export function workingBefore(measurements: readonly Measurement[]): ReadonlySet<string> {
  return new Set(measurements.filter((m) => m.name === 'canary' && m.value === 'open').map((m) => m.target))
}

/** `yes` when every canary that worked before is in the wanted state, `no` when one is in the other, else `unknown`. */
export function judge(canaries: readonly Connectivity[], worked: ReadonlySet<string>, wanted: 'open' | 'closed'): Finding {
  const told = canaries.filter((canary) => worked.has(canary.target))
  if (told.some((canary) => canary.state !== wanted && canary.state !== 'unknown')) return 'no'
  return told.length > 0 && told.every((canary) => canary.state === wanted) ? 'yes' : 'unknown'
}
