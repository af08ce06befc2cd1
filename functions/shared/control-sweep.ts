import { FaultlineError } from '../../lib/domain/errors.ts'
import { counted } from '../../lib/domain/text.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import type { Answer } from './answers.ts'
import type { Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { sweep } from './reaping.ts'

/** Objects of ours that no run looks after, in all namespaces of one configured cluster, or of all: as `faultline sweep`. */
export async function sweepClusters(
  { cluster, dryRun }: Extract<ControlInput, { action: 'sweep' }>,
  invocation: Pick<Invocation, 'clusters' | 'engine'>,
): Promise<Answer> {
  const { names } = invocation.clusters
  if (cluster !== undefined && !names.includes(cluster))
    throw new FaultlineError('bad_input', `cluster: ${notAllowed(cluster, names, 'is not configured')}`)
  const swept = await Promise.all((cluster === undefined ? names : [cluster]).map((name) => sweep(name, invocation, { dryRun })))
  const found = swept.flatMap((one) => one.found)
  const removed = swept.flatMap((one) => [...one.removed, ...one.inert])
  const failed = swept.flatMap((one) => one.failed)
  return {
    happened: `${counted(found.length, 'orphan')} found, ${removed.length} removed${failed.length === 0 ? '' : `, ${counted(failed.length, 'failure')}`}`,
    next:
      failed.length > 0 ? 'remove what "failed" names, and sweep again' : dryRun && found.length > 0 ? 'sweep without dryRun' : 'nothing',
    found,
    removed,
    failed,
  }
}
