import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Evidence, Injection, Target } from '../../domain/injection.ts'
import type { KubeObject } from '../../domain/kube.ts'
import { refOf } from '../../domain/kube.ts'
import { runLabel } from '../../domain/labels.ts'
import { hash53 } from '../../domain/random.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Run } from '../../domain/run.ts'
import { stepOf } from '../../domain/run.ts'
import { cutTo } from '../../domain/text.ts'
import type { Clock, Cluster } from '../../ports.ts'
import { isoSeconds } from '../../time.ts'
import { withDeadline } from '../../with-deadline.ts'
import type { Progress } from '../engine.ts'

/** Reasons of the events, as `kubectl describe` and event exporters show them. */
type Reason = 'FaultInjected' | 'FaultEnded' | 'FaultRefused'

/** An event on a pod or node (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/). */
interface ClusterEvent extends KubeObject {
  readonly involvedObject: object
  readonly reason: Reason
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  readonly source: object
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly count?: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
}

/** Of a step so many targets get an event of their own: each costs a call, and the run's record names them all. */
const mostTargets = 20
/** How long the end of a driver waits for the last of them. */
const closingMs = 2_000
/** An API server cuts messages at 1,024 characters (k8s.io/api validation of events). */
const longestMessage = 1_000

interface Place {
  readonly cluster: Cluster
  readonly clock: Clock
  /** Pods of the workload, for a refusal that names no targets. */
  readonly workload: (run: Run) => Promise<readonly Target[]>
  readonly note: (message: string) => void
}

/**
 * Writes what is done to a pod or a node as an event on it: `FaultInjected`, `FaultEnded`, `FaultRefused`, with run, step and reason. Best
 * effort, one after the other beside the run: nothing waits for it but the driver's own end, 2 s at most, and without the right to write
 * events (deploy/rbac.yaml grants it) it is said once and left at that. The same event again counts up, as client-go has it.
 */
export class ClusterEvents {
  readonly #place: Place
  #queue: Promise<void> = Promise.resolve()
  #isForbidden = false

  constructor(place: Place) {
    this.#place = place
  }

  /** Returns at once. */
  observe(progress: Progress): void {
    if (progress.kind !== 'event') return
    const { run, event, injections } = progress
    const ofStep = injections.filter(({ step }) => step === stepOf(run))
    if (event.type === 'injected') this.#onTargets(run, ofStep.filter(isActive), { reason: 'FaultInjected', phase: 'during' })
    if (event.type === 'reverted') this.#onTargets(run, ofStep.filter(wasBegun), { reason: 'FaultEnded', phase: 'after' })
    if (event.type === 'refused' || event.type === 'step_refused') this.#onWorkload(run, event.refusals)
  }

  /** Waits a little for what is still to be written. */
  async end(): Promise<void> {
    await withDeadline(this.#place.clock, closingMs, this.#queue)
  }

  #onTargets(run: Run, injections: readonly Injection[], what: { readonly reason: Reason; readonly phase: Evidence['phase'] }): void {
    const told = injections.flatMap(({ targets, step, fault, evidence }) => {
      const seen = evidence.find(({ phase }) => phase === what.phase)?.summary ?? ''
      const aborted = what.reason === 'FaultEnded' && run.abort !== null ? ` (aborted: ${run.abort.detail})` : ''
      return targets.map((target) => ({ target, message: `${fault} of ${placeOf(run, step)}: ${seen}${aborted}` }))
    })
    this.#write(run, told, what.reason)
  }

  #onWorkload(run: Run, refusals: readonly Refusal[]): void {
    const message = `${placeOf(run, stepOf(run))} was refused: ${refusals.map((refusal) => refusal.message).join('; ')}`
    this.#enqueue(async () => {
      const targets = await this.#place.workload(run)
      this.#write(
        run,
        targets.map((target) => ({ target, message })),
        'FaultRefused',
      )
    })
  }

  #write(run: Run, all: readonly { readonly target: Target; readonly message: string }[], reason: Reason): void {
    const more = all.length > mostTargets ? ` (and ${all.length - mostTargets} more targets)` : ''
    for (const { target, message } of all.slice(0, mostTargets)) {
      const text = cutTo(`${message}${more}`, longestMessage)
      this.#enqueue(() => this.#put(eventOn(target, { run, reason, message: text, at: this.#place.clock.now() })))
    }
  }

  /** What goes wrong with one is told, and keeps none of the others; without the right to it none is tried any more. */
  #enqueue(write: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#isForbidden) return
      try {
        await write()
      } catch (error) {
        if (!(error instanceof FaultlineError)) throw error
        this.#isForbidden = error.code === 'forbidden'
        this.#place.note(`no event could be written in the cluster: ${error.message}`)
      }
    })
    this.#queue.catch((error: unknown) => this.#place.note(`no event could be written in the cluster: ${String(error)}`))
  }

  async #put(event: ClusterEvent): Promise<void> {
    const { objects } = this.#place.cluster
    try {
      await objects.create(event)
    } catch (error) {
      if (!(error instanceof KubernetesError && error.code === 'already_exists')) throw error
      const known = await objects.get<ClusterEvent>(refOf(event))
      const { lastTimestamp } = event
      if (known !== undefined) await objects.patch(refOf(event), { count: (known.count ?? 1) + 1, lastTimestamp })
    }
  }
}

const isActive = ({ status }: Injection) => status === 'active'
/** Whatever its targets may have felt. */
const wasBegun = ({ injectingAt }: Injection) => injectingAt !== undefined

function placeOf(run: Run, step: number | null): string {
  const name = step === null ? undefined : run.suite.steps[step]?.name
  return name === undefined ? `run ${run.id} (${run.suite.name})` : `run ${run.id}, step ${(step ?? 0) + 1} (${name})`
}

/** Of one name for one thing, so that it is not written twice by two drivers; events on nodes are kept in namespace default. */
function eventOn(
  { kind, namespace, name, uid }: Target,
  { run, reason, message, at }: { readonly run: Run; readonly reason: Reason; readonly message: string; readonly at: number },
): ClusterEvent {
  const now = isoSeconds(at)
  const id = hash53(`${run.id} ${stepOf(run)} ${reason} ${uid}`).toString(16)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, 200)}.${id}`,
      namespace: namespace === '' ? 'default' : namespace,
      annotations: { [runLabel]: run.id },
    },
    involvedObject: { apiVersion: 'v1', kind, name, uid, ...(namespace === '' ? {} : { namespace }) },
    reason,
    type: reason === 'FaultEnded' ? 'Normal' : 'Warning',
    message,
    source: { component: 'faultline' },
    reportingComponent: 'faultline',
    reportingInstance: run.id,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
  }
}
