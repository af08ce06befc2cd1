import { FaultlineError } from '../domain/errors.ts'
import { nonceLength, nonceOf } from '../domain/names.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { ClusterRef, Run, Trigger } from '../domain/run.ts'
import { isEnded, untouchedStep } from '../domain/run.ts'
import { runId } from '../domain/run-id.ts'
import type { Suite } from '../domain/suite.ts'
import { transition } from '../domain/transition.ts'
import { withoutPrometheus } from '../domain/without-prometheus.ts'
import { isoSeconds } from '../time.ts'
import { copyEvents, digestOfGuards } from './audit.ts'
import type { Engine } from './engine.ts'
import { Notifications } from './notifications/notifications.ts'
import { settleInTime } from './settle.ts'

export interface StartRequest {
  readonly suite: Suite
  readonly cluster: ClusterRef
  readonly seed: number
  /** Part of the names of the run's objects; drawn at random when left out. */
  readonly nonce?: string
  readonly trigger: Trigger
  /** When the event says it should start, ms since epoch: part of the run's identity. Null when the trigger's key alone is. */
  readonly scheduledAt: number | null
}

/** The id that this request will always have. */
function idOf(request: StartRequest): string {
  const { suite, cluster, trigger } = request
  return runId({
    suite: suite.name,
    clusterUid: cluster.uid,
    namespace: suite.namespace,
    key: trigger.key,
    stamp: request.scheduledAt === null ? null : isoSeconds(request.scheduledAt),
  })
}

/**
 * Records the run, leased to this driver, unless the same request did so before. EventBridge delivers at least once
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html): the same event makes one run.
 */
export async function start(engine: Engine, request: StartRequest): Promise<{ readonly run: Run; readonly created: boolean }> {
  const { clock, owner, config, store } = engine
  const now = clock.now()
  const id = idOf(request)
  const { suite, leftOut } = config.prometheus.url === null ? withoutPrometheus(request.suite) : { suite: request.suite, leftOut: [] }
  const without = leftOut.length === 0 ? '' : `; without probe ${leftOut.join(', ')}: no Prometheus is configured`
  const run: Run = {
    id,
    version: 1,
    status: 'requested',
    suite,
    cluster: request.cluster,
    namespace: request.suite.namespace,
    seed: request.seed,
    nonce: request.nonce ?? nonceOf(crypto.getRandomValues(new Uint8Array(nonceLength))),
    trigger: request.trigger,
    requestedAt: now,
    lease: { owner, until: now + config.leaseMs },
    handover: false,
    steps: request.suite.steps.map((step) => ({ name: step.name, ...untouchedStep })),
    beacon: null,
    abort: null,
    baseline: null,
    orphans: 0,
    events: [
      {
        version: 1,
        n: 0,
        at: now,
        type: 'requested',
        step: null,
        data: { guards: digestOfGuards(config) },
        message: `requested by ${request.trigger.by} (${request.trigger.kind} ${request.trigger.key})${without}`,
      },
    ],
  }
  if (await store.runs.create(run)) return { run, created: true }
  const existing = await store.runs.load(id)
  if (existing === undefined) throw new FaultlineError('not_found', `run ${id} exists and cannot be read`, { retryable: true })
  return { run: existing, created: false }
}

/** Records a start that is refused before anything can be driven (its cluster cannot be reached); once for the same request. */
export async function recordRefused(engine: Engine, request: StartRequest, refusals: readonly Refusal[]): Promise<Run> {
  const { store, clock } = engine
  const { run, created } = await start(engine, request)
  if (!created) return run
  await copyEvents(engine, run, run.events)
  const notifications = new Notifications(engine, run.id)
  let refused: Run = run
  for (const event of [{ type: 'refused', refusals }, { type: 'released' }] as const) {
    const next = transition(refused, event, clock.now())
    refused = { ...next, events: [...refused.events, ...next.events] }
    await store.runs.save(refused)
    await copyEvents(engine, refused, refused.events)
    notifications.notify(refused, next.events, [])
  }
  const isAllTold = await notifications.end()
  return isEnded(refused) ? settleInTime(engine, refused, { isAllTold }) : refused
}
