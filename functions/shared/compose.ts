import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import { signForPrometheus } from '../../lib/adapters/aws/sigv4.ts'
import type { secretReader } from '../../lib/adapters/secrets/references.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import type { Identity } from '../../lib/domain/actor.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { Budget } from '../../lib/engine/lease/hand-over.ts'
import type { Clock, ReportStore, Store } from '../../lib/ports.ts'
import { type CloudWatchAsker, createProbes } from '../../lib/probes/probes.ts'
import { Clusters } from './clusters.ts'
import { logProgress } from './log.ts'
import { type Listeners, openListeners } from './notifications.ts'
import { leaveReports } from './reporting.ts'
import { engineConfig, readSettings, type Settings } from './settings.ts'

/** What an invocation works with. */
export interface Invocation {
  readonly requestId: string
  /** Who calls, as AWS signed it; null where an invocation does not say. */
  readonly caller: Identity | null
  readonly settings: Settings
  readonly clock: Clock
  readonly store: Store
  readonly clusters: Clusters
  readonly reports: ReportStore | null
  readonly budget: Budget
  engine(cluster: { readonly simulated: boolean }): Engine
}

/** Connections that outlive an invocation while its process is warm; nothing else does. */
interface Warm {
  readonly settings: Settings
  readonly store: Store
  readonly clusters: Clusters
  readonly listeners: Listeners
  readonly advance: (runId: string) => Promise<void>
}

/** An undo that is not proven for so long is left to the reaper, which tries each minute; a function that only waits costs money. */
export const giveUpAfterMs = 120_000

let warm: Promise<Warm> | undefined
/** Loaded with the first question to CloudWatch. */
const cloudWatch: CloudWatchAsker = async (...question) => (await import('../../lib/adapters/cloudwatch/ask.ts')).askCloudWatch(...question)

let references: ReturnType<typeof secretReader> | undefined

/** Loaded when the first probe of an endpoint that refers to a secret is asked. */
const readReference: ReturnType<typeof secretReader> = async (...wanted) => {
  references ??= (await import('../../lib/adapters/secrets/references.ts')).secretReader({ clock: systemClock, env: process.env })
  return references(...wanted)
}

/** The composition root of the functions: the only place that knows all adapters. */
export async function compose(context: Context): Promise<Invocation> {
  warm ??= openAll(readSettings(process.env), context.invokedFunctionArn)
  warm.catch(() => {
    warm = undefined
  })
  const { settings, store, clusters, listeners, advance } = await warm
  const timeMs = context.getRemainingTimeInMillis()
  const { reports } = listeners
  const owner = `${context.functionName}/${context.awsRequestId}/${randomUUID().slice(0, 8)}`
  return {
    requestId: context.awsRequestId,
    caller: null,
    settings,
    clock: systemClock,
    store,
    clusters,
    reports,
    budget: { remainingMs: () => context.getRemainingTimeInMillis(), handOver: advance },
    engine: ({ simulated }) => {
      const config = engineConfig(settings, { timeMs, simulated })
      return {
        store,
        connect: (ref) => clusters.connect(ref),
        probes: createProbes({
          ...{ prometheus: config.prometheus, sign: signForPrometheus, clock: systemClock, egress: 'not_local' },
          ...{ endpoints: settings.deployment.endpoints, read: readReference, cloudWatch },
        }),
        clock: systemClock,
        config,
        owner,
        isDead: () => false,
        notifiers: listeners.notifiers,
        sink: listeners.sink,
        report: reports === null ? null : (run) => leaveReports(reports, store, run),
        observe: logProgress,
      }
    },
  }
}

/** Adapters are loaded side by side, the Kubernetes client while the table is asked for the run. */
async function openAll(settings: Settings, functionArn: string | undefined): Promise<Warm> {
  const { region, table, bus: name } = settings
  void import('../../lib/adapters/kubernetes/connect.ts').catch(() => undefined)
  const [{ createDynamoClient }, { createDynamoStore }, { openBus }, { advanceCall }, { eventBridgeNotifier }, told] = await Promise.all([
    import('../../lib/adapters/dynamodb/client.ts'),
    import('../../lib/adapters/dynamodb/store.ts'),
    import('../../lib/adapters/eventbridge/bus.ts'),
    import('../../lib/adapters/eventbridge/advance.ts'),
    import('../../lib/adapters/eventbridge/notifier.ts'),
    openListeners(settings, functionArn),
  ])
  const bus = openBus({ name, region })
  return {
    settings,
    store: createDynamoStore({ client: createDynamoClient({ region }), table, clock: systemClock }),
    clusters: new Clusters(settings, systemClock),
    listeners: { ...told, notifiers: [eventBridgeNotifier(bus), ...told.notifiers] },
    advance: advanceCall(bus, systemClock),
  }
}
