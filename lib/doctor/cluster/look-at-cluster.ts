import type { Config } from '../../config.ts'
import type { Finding } from '../../domain/finding.ts'
import type { Clock, Cluster } from '../../ports.ts'
import { examine, type Progress } from '../examine.ts'
import { clusterChecks, leftCheck } from './checks.ts'
import type { Outlets } from './cluster-look.ts'
import { NodeLooks } from './node-looks.ts'
import { OwnObjects } from './own-objects.ts'

export interface ClusterToLookAt {
  readonly cluster: Cluster
  /** For people. */
  readonly clusterName: string
  readonly clock: Clock
  readonly config: Config
  /** Of the workload. */
  readonly namespace: string
  readonly selector: string
  readonly outlets: Outlets
  /** Marks whatever this look makes; up to 30 of a-z, 0-9 and "-", another one for each look. */
  readonly id: string
  /** Once it has fired, nothing more is waited for: what was made is taken away, and what was not seen is unknown. */
  readonly interrupt?: AbortSignal
}

/**
 * Looks at all that runs need of a cluster, or at what `only` names. What it makes there (a fuse, a check Job on each node, one policy for
 * its own pods) is gone when it returns, and the last finding says so.
 */
export async function lookAtCluster(
  { id, ...parts }: ClusterToLookAt,
  options: { readonly only?: readonly string[] | undefined; readonly progress?: Progress } = {},
): Promise<readonly Finding[]> {
  const own = new OwnObjects()
  const look = {
    ...parts,
    runId: id,
    nonce: '',
    own,
    nodes: new NodeLooks(own),
    unfenced: <T>(_: unknown, send: () => Promise<T>) => send(),
  }
  let findings: readonly Finding[] = []
  let left: Finding[] = []
  try {
    findings = await examine(clusterChecks, look, options)
  } finally {
    const outcome = await own.takeAway()
    left = outcome === null ? [] : [{ check: leftCheck, ...outcome }]
  }
  return [...findings, ...left]
}
