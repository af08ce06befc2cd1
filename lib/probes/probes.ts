import type { PrometheusConfig } from '../config.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { CloudWatchSource, CommandSource } from '../domain/probe.ts'
import type { Endpoint, SecretReference } from '../endpoint-settings.ts'
import type { Clock, Cluster, ProbePort, ProbeReading } from '../ports.ts'
import type { Egress } from './egress.ts'
import { askHttp } from './http.ts'
import { askKubernetes } from './kubernetes.ts'
import { readOutput } from './output.ts'
import { askPrometheus, type Signer } from './prometheus.ts'
import { reachOf } from './reach.ts'
import { askJob, askLoad } from './work.ts'

export type CloudWatchAsker = (
  source: CloudWatchSource,
  options: { readonly signal: AbortSignal; readonly now: number },
) => Promise<ProbeReading>

/** Runs a program on this machine to its end. */
export type CommandRunner = (
  program: Pick<CommandSource, 'command' | 'env'>,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<{ readonly exitCode: number; readonly output: string }>

export interface ProbesOptions {
  readonly prometheus: PrometheusConfig
  readonly sign: Signer
  readonly clock: Clock
  /** Asks CloudWatch; its parts are loaded only where a suite has such a probe. */
  readonly cloudWatch?: CloudWatchAsker
  /** Left out where a suite may run nothing beside the cluster. */
  readonly runCommand?: CommandRunner
  /** @default 'anywhere' */
  readonly egress?: Egress
  /** Hosts that may be asked, and what each gets; null: all, and nothing. @default null */
  readonly endpoints?: readonly Endpoint[] | null
  /** Reads what endpoints refer to; `cluster` is the run's. */
  readonly read?: (reference: SecretReference, cluster: Cluster) => Promise<string>
}

/** Makes what asks the probes of a run: over HTTP, in Prometheus, and in the run's own cluster and namespace. */
export function createProbes({
  prometheus,
  sign,
  clock,
  egress = 'anywhere',
  endpoints = null,
  read = noReader,
  cloudWatch = noReader,
  runCommand = noCommands,
}: ProbesOptions): (place: { readonly cluster: Cluster; readonly namespace: string; readonly runId?: string }) => ProbePort {
  return ({ cluster, namespace, runId = 'no-run' }) => ({
    ask: ({ source, timeoutMs }, { signal, memory }) => {
      const reach = reachOf(endpoints, (reference) => read(reference, cluster))
      switch (source.type) {
        case 'http':
          return askHttp(source, { timeoutMs, signal, egress, reach })
        case 'prometheus':
          return askPrometheus(source, { timeoutMs, signal, egress, reach, config: prometheus, sign, now: clock.now() })
        case 'cloudwatch_alarm':
        case 'cloudwatch_metric':
          return cloudWatch(source, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), now: clock.now() })
        case 'kubernetes':
          return askKubernetes(source, { cluster, namespace, memory })
        case 'job':
          return askJob(source, { cluster, clock, namespace, runId }, { timeoutMs, signal })
        case 'load':
          return askLoad(source, { cluster, clock, namespace, runId })
        case 'command':
          return runCommand(source, { timeoutMs, signal }).then((ended) => readOutput(source.read, ended))
      }
    },
  })
}

async function noCommands(): Promise<never> {
  throw new FaultlineError(
    'bad_input',
    'a probe of type command runs on the machine of a person who runs the suite by the command line, nowhere else',
  )
}

async function noReader(): Promise<never> {
  throw new TypeError('a probe needs what these probes were not made with')
}
