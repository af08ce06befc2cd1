import { signForPrometheus } from '../lib/adapters/aws/sigv4.ts'
import { runCommand } from '../lib/adapters/command/run.ts'
import type { secretReader } from '../lib/adapters/secrets/references.ts'
import { systemClock } from '../lib/adapters/system-clock.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { Engine, Progress } from '../lib/engine/engine.ts'
import { readCalendars } from '../lib/owner-guards.ts'
import type { Clock, MetricsSink, Notifier, Store } from '../lib/ports.ts'
import { type CloudWatchAsker, createProbes } from '../lib/probes/probes.ts'
import { Clusters } from './clusters.ts'
import { readApproval, readEndpoints, readGuards, readSecondPerson } from './guards.ts'
import { isDeadOwner, ownerName } from './owner.ts'
import { leaveReports } from './reports.ts'
import { type ClusterFlags, type ConfigFlags, configOf, type StateFlags, type TellingFlags } from './settings.ts'
import { openStateDir } from './state-dir.ts'

export interface ComposeOptions {
  readonly flags: StateFlags & ClusterFlags & ConfigFlags & TellingFlags & { readonly maxInFlight?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isLive: boolean
  /** Tells the user which way was taken. */
  readonly say: (line: string) => void
}

/** Everything a command works with, made from flags and environment. */
export interface Composition {
  readonly stateDir: string
  readonly clock: Clock
  readonly store: Store
  readonly clusters: Clusters
  /** An engine for runs on a cluster of that kind. */
  engine(cluster: { readonly simulated: boolean }, observe?: (progress: Progress) => void): Engine
  /** Reads the owner's rules to the end, for a command that plans or starts. @throws FaultlineError `bad_input` where they cannot be read */
  checkGuards(): void
  /** Closes all connections, and stops an embedded cluster that was started for a command unless a run on it is not over. */
  close(): Promise<void>
}

/** Loaded with the first question to CloudWatch. */
const cloudWatch: CloudWatchAsker = async (...question) => (await import('../lib/adapters/cloudwatch/ask.ts')).askCloudWatch(...question)

/** The composition root: the only place that knows all adapters. */
export async function compose({ flags, env, isLive, say }: ComposeOptions): Promise<Composition> {
  const stateDir = openStateDir(flags.state)
  const clock = systemClock
  const { openSqliteStore } = await import('../lib/adapters/sqlite/store.ts')
  const guards = await readGuards(env)
  const endpoints = await readEndpoints(env)
  const secondPerson = readSecondPerson(env)
  const approval = readApproval(env)
  let references: ReturnType<typeof secretReader> | undefined
  const readReference: ReturnType<typeof secretReader> = async (...wanted) => {
    references ??= (await import('../lib/adapters/secrets/references.ts')).secretReader({ clock, env })
    return references(...wanted)
  }
  const notifiers = await openOutlets(flags)
  const sink = await openSink(flags)
  const store = await openSqliteStore({ directory: stateDir, clock })
  const clusters = new Clusters({ flags, stateDir, env, isLive, clock, maxInFlight: flags.maxInFlight, say })
  return {
    stateDir,
    clock,
    store,
    clusters,
    engine: ({ simulated }, observe = () => undefined) => ({
      store,
      connect: (ref) => clusters.connect(ref),
      probes: createProbes({
        ...{ prometheus: configOf(flags, simulated, env).prometheus, sign: signForPrometheus, clock },
        ...{ endpoints, read: readReference, cloudWatch, runCommand },
      }),
      clock,
      config: { ...configOf(flags, simulated, env, guards), secondPerson, approval },
      owner: ownerName(),
      isDead: isDeadOwner,
      notifiers,
      sink,
      report: (run) => leaveReports({ stateDir, store }, run),
      observe,
    }),
    checkGuards: () => readCalendars(guards),
    close: async () => {
      try {
        await clusters.close(await isOwed(store))
      } finally {
        await store.close()
      }
    },
  }
}

/** The notifiers; their modules are loaded only where one is configured. */
async function openOutlets({ snsTopic }: TellingFlags): Promise<readonly Notifier[]> {
  if (snsTopic === undefined) return []
  const { createSnsNotifier } = await import('../lib/adapters/sns/notifier.ts')
  return [createSnsNotifier({ topicArn: snsTopic })]
}

async function openSink({ pushgatewayUrl }: TellingFlags): Promise<MetricsSink | null> {
  if (pushgatewayUrl === undefined) return null
  const { createPushgatewaySink } = await import('../lib/adapters/pushgateway/sink.ts')
  return createPushgatewaySink({ url: pushgatewayUrl })
}

/** Whether something on an embedded cluster is not over, so that it must live on for the reaper. */
async function isOwed(store: Store): Promise<{ readonly keepEmbedded: boolean }> {
  try {
    const live = await store.runs.due(Number.MAX_SAFE_INTEGER)
    return { keepEmbedded: live.some((run) => run.cluster.via.kind === 'sandbox') }
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return { keepEmbedded: true }
  }
}
