import { KubernetesError } from '../domain/errors.ts'
import type { Job } from '../domain/kube.ts'
import type { Refusal } from '../domain/run.ts'
import type { FaultContext } from './fault.ts'

/** Asks by a server-side dry run whether a Job would be taken (quota, webhook, a missing namespace); null when it would. */
export async function tryJob(context: Pick<FaultContext, 'cluster'>, job: Job): Promise<Pick<Refusal, 'code' | 'message'> | null> {
  try {
    await context.cluster.objects.create(job, { dryRun: true })
    return null
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code === 'unavailable') throw error
    if (error.code === 'already_exists') return null
    const message = `a Job cannot be made in namespace ${job.metadata.namespace}: ${error.message}`
    return { code: error.code === 'not_found' ? 'namespace' : 'quota', message }
  }
}
