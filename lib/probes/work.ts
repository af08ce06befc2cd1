import { randomUUID } from 'node:crypto'
import { FaultlineError, KubernetesError } from '../domain/errors.ts'
import type { Job, Pod } from '../domain/kube.ts'
import { refOf } from '../domain/kube.ts'
import { ourLabels } from '../domain/labels.ts'
import { figuresIn, lastLine } from '../domain/load-figures.ts'
import { probeJobName } from '../domain/names.ts'
import type { JobSource, LoadSource } from '../domain/probe.ts'
import { whatPodsSay } from '../faults/pod-messages.ts'
import { logOfWork, selectLoad } from '../faults/work/load-job.ts'
import { workJob } from '../faults/work/work-job.ts'
import type { Clock, Cluster, ProbeReading } from '../ports.ts'
import { readOutput } from './output.ts'

/** Where a run's Jobs are. */
export interface WorkPlace {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly namespace: string
  readonly runId: string
}

/** A Job ends by itself so long after its question was given up, whatever becomes of who asked. */
const marginMs = 10_000
const graceSeconds = 2
const pollMs = 500
/** A load that writes its figures every few seconds has the newest in them. */
const linesOfLoad = 200

/**
 * Has a Job of the suite's own answer: it is made, awaited, read, and taken away in any case; its own deadline ends it when its asker dies.
 * @throws FaultlineError `unavailable` where it did not come to an answer; KubernetesError when the API server does not take it
 */
export async function askJob(
  source: JobSource,
  place: WorkPlace,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ProbeReading> {
  const { cluster, clock, runId } = place
  const began = clock.now()
  const job = await cluster.objects.create<Job>(
    workJob(source, {
      namespace: source.namespace ?? place.namespace,
      name: probeJobName(runId, randomUUID()),
      labels: ourLabels({ runId, step: null, role: 'probe' }),
      now: began,
      endsAt: began + timeoutMs + marginMs,
      fuse: null,
      graceSeconds,
    }),
    { until: signal },
  )
  try {
    const pod = await ended(job, place, { until: began + timeoutMs, signal })
    const exitCode = pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode
    if (exitCode === undefined) throw unanswered(`its pod failed${await whatPodsSay(place, wherePodsAre(job))}`)
    return readOutput(source.read, { exitCode, output: await logOfWork(place, pod) })
  } finally {
    await takeAway(job, place)
  }
}

async function ended(
  job: Job,
  { cluster, clock }: WorkPlace,
  { until, signal }: { readonly until: number; readonly signal: AbortSignal },
): Promise<Pod> {
  const { namespace, name } = wherePodsAre(job)
  for (;;) {
    const pods = await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: `job-name=${name}` })
    const over = pods.find(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed')
    if (over !== undefined) return over
    if (signal.aborted) throw unanswered('it was no longer waited for')
    if (clock.now() + pollMs > until) throw unanswered(`it did not end in time${await whatPodsSay({ cluster }, wherePodsAre(job))}`)
    await clock.sleep(pollMs, signal)
  }
}

/** Gone by its own deadline and TTL where this fails. */
async function takeAway(job: Job, { cluster }: WorkPlace): Promise<void> {
  const { uid } = job.metadata
  await cluster.objects.delete(refOf(job), uid === undefined ? {} : { uid }).catch((error: unknown) => {
    if (!(error instanceof KubernetesError)) throw error
  })
}

function wherePodsAre({ metadata: { namespace = '', name, uid } }: Job) {
  return { namespace, name, uid }
}

/**
 * Asks a load of the run: whether its pod runs (1 or 0), or what it said last of a figure.
 * @throws FaultlineError `not_found` for a figure that it has not said
 */
export async function askLoad(source: LoadSource, place: WorkPlace): Promise<ProbeReading> {
  const pods = await place.cluster.objects.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: source.namespace ?? place.namespace, labelSelector: selectLoad(place.runId, source.n) },
  )
  const running = pods.filter(({ status, metadata }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined)
  const { read } = source
  if (read.what === 'running')
    return { value: running.length > 0 ? 1 : 0, message: running.length > 0 ? 'it is running' : 'it is not running' }
  const [pod] = [...running, ...pods]
  const log = pod === undefined ? '' : await logOfWork(place, pod, linesOfLoad)
  const value = figuresIn(log)[read.name]
  if (value === undefined) throw new FaultlineError('not_found', `load ${source.load} has said nothing of ${read.name} yet`)
  return { value, message: lastLine(log) }
}

function unanswered(message: string): FaultlineError {
  return new FaultlineError('unavailable', message, { retryable: true })
}
