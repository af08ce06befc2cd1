import { KubernetesError } from '../domain/errors.ts'
import type { Job } from '../domain/kube.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { FaultContext } from './fault.ts'
import { missing } from './permissions.ts'

/**
 * Asks by a server-side dry run whether a Job would be taken (right, quota, webhook, a missing namespace); null when it would. `onTaken`
 * is then given the Job as the API server would have made it.
 */
export async function tryJob(
  context: Pick<FaultContext, 'cluster'>,
  job: Job,
  onTaken: (job: Job) => void = () => {},
): Promise<Omit<Refusal, 'step'> | null> {
  try {
    onTaken(await context.cluster.objects.create(job, { dryRun: true }))
    return null
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code === 'unavailable') throw error
    if (error.code === 'already_exists') return null
    const { namespace } = job.metadata
    const create = { verb: 'create', group: 'batch', resource: 'jobs', ...(namespace === undefined ? {} : { namespace }) }
    if (error.code === 'forbidden' && !(await context.cluster.pods.can([create]))[0]) {
      const { step: _, ...refusal } = missing(create)
      return refusal
    }
    const message = `a Job cannot be made in namespace ${namespace}: ${error.message}`
    return { code: error.code === 'not_found' ? 'namespace' : 'quota', subject: `jobs of namespace ${namespace}`, message }
  }
}
