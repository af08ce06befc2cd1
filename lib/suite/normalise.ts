import type { DegradationSpec } from '../domain/degradation-spec.ts'
import type { PodPauseSpec } from '../domain/failure-spec.ts'
import type { ExhaustionSpec, FaultSpec, Selection, Step, Suite } from '../domain/suite.ts'
import { plannedMs } from '../domain/together.ts'
import { normaliseLimits } from '../guard-settings.ts'
import { amountsOf } from './degradation.ts'
import { readAmount } from './exact-amount.ts'
import { normaliseLoad } from './load-schema.ts'
import { normaliseProbes } from './normalise-probes.ts'
import { normaliseSchedule } from './schedule.ts'
import { type StepFile, type SuiteFile, suiteDefaults, type TargetsFile } from './schema.ts'
import { splitNames } from './targets-schema.ts'

/** Spare time in the default maxDuration, in milliseconds. */
const spareMs = 600_000

type Amount = Pick<Selection, 'percent' | 'count' | 'isUsual'>
const percent = (value: number): Amount => ({ percent: value, count: null })
const usual = (value: number): Amount => ({ ...percent(value), isUsual: true })
const one: Amount = { percent: null, count: 1, isUsual: true }

/** Turns a file that passed all checks into what the engine runs: milliseconds, every default filled in. */
export function normalise(file: SuiteFile): Suite {
  const grace = typeof file.gracePeriod === 'number' ? { before: file.gracePeriod, after: file.gracePeriod } : file.gracePeriod
  const graceBeforeMs = toMs(grace.before)
  const graceAfterMs = toMs(grace.after)
  const recoveryTimeoutMs = toMs(file.recoveryTimeout)
  const steps = file.experiments.map((step) => normaliseStep(step, file.selector))
  const needed = 2 * plannedMs({ graceBeforeMs, graceAfterMs, steps }) + steps.length * recoveryTimeoutMs + spareMs
  return {
    name: file.name,
    description: file.description ?? '',
    namespace: file.namespace,
    selector: file.selector,
    graceBeforeMs,
    graceAfterMs,
    maxDurationMs: file.maxDuration === undefined ? needed : toMs(file.maxDuration),
    recoveryTimeoutMs,
    ...(file.undoWithin === undefined ? {} : { undoWithinMs: toMs(file.undoWithin) }),
    steps,
    hypothesis: file.hypothesis ?? '',
    ...normaliseProbes(file),
    ...(file.load === undefined ? {} : { load: file.load.map(normaliseLoad) }),
    ...(file.guards === undefined ? {} : { guards: normaliseLimits(file.guards) }),
    schedule: normaliseSchedule(file.schedule),
  }
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000)
}

function normaliseStep(step: StepFile, selector: string): Step {
  return {
    name: step.name,
    fault: faultOf(step),
    durationMs: Math.max(1, toMs(step.duration)),
    intervalMs: toMs(step.interval),
    targets: selectionOf(step.targets ?? step.params.targets, { selector, amount: defaultAmount(step) }),
    ...(step.blastRadius === 'all' ? { blastRadius: step.blastRadius } : {}),
    ...(step.expect === undefined ? {} : { expect: step.expect }),
    hypothesis: step.hypothesis ?? '',
    ...togetherOf(step),
  }
}

function togetherOf({ together, delay = 0, after = [] }: StepFile): Pick<Step, 'together'> {
  if (together === undefined) return {}
  return { together: { group: together, delayMs: toMs(delay), after: [...new Set([after].flat())] } }
}

function faultOf(step: StepFile): FaultSpec {
  switch (step.type) {
    case 'network_partition':
      return {
        type: step.type,
        kind: step.params.partition_type,
        mechanism: step.params.mechanism,
        scope: step.params.scope,
        ...(step.params.against === undefined ? {} : { against: step.params.against }),
        direction: step.params.direction,
        ...trafficOf(step.params),
        keepProbes: step.params.keepProbes,
        ...(step.params.coverNew ? { coverNew: true } : {}),
        ...(step.params.allowUnused ? { allowUnused: true } : {}),
      }
    case 'resource_exhaustion':
      return {
        type: step.type,
        kind: step.params.resource_type,
        ...howMuch(step.params),
        container: step.params.container ?? null,
        path: step.params.path ?? null,
        ...(step.params.mode === undefined ? {} : { mode: step.params.mode }),
        ...(step.params.allowUnused ? { allowUnused: true } : {}),
      }
    case 'node_failure':
      return failureOf(step.params, step.duration)
    case 'network_degradation':
      return degradationOf(step.params)
    case 'dns_failure':
      return dnsOf(step.params)
    case 'http_fault':
      return httpOf(step.params)
  }
}

function howMuch({
  resource_type: kind,
  intensity,
  amount,
}: ParamsOf<'resource_exhaustion'>): Pick<ExhaustionSpec, 'intensity' | 'amount'> {
  if (amount === undefined) return intensity === undefined ? {} : { intensity }
  const read = readAmount(kind, amount)
  if ('problem' in read) throw new TypeError(`checked before: ${read.problem}`)
  return { amount: read.amount }
}

type ParamsOf<Type extends StepFile['type']> = Extract<StepFile, { type: Type }>['params']

function trafficOf({ ports, cidrs }: ParamsOf<'network_partition' | 'network_degradation'>): Pick<DegradationSpec, 'ports' | 'cidrs'> {
  return { ports: [...new Set(ports)], cidrs: [...new Set(cidrs)] }
}

function degradationOf(params: ParamsOf<'network_degradation'>): FaultSpec {
  const amounts = amountsOf(params.degradation_type, params)
  return {
    type: 'network_degradation',
    kind: params.degradation_type,
    latencyMs: amounts.latency,
    jitterMs: amounts.jitter,
    lossPercent: amounts.loss,
    corruptPercent: amounts.corruption,
    duplicatePercent: amounts.duplication,
    rateKbit: amounts.rate,
    ...trafficOf(params),
    peersOnly: params.peersOnly,
    ...(params.against === undefined ? {} : { against: params.against }),
    ...(params.allowUnused ? { allowUnused: true } : {}),
  }
}

function dnsOf(params: ParamsOf<'dns_failure'>): FaultSpec {
  return {
    type: 'dns_failure',
    kind: params.dns_type,
    domains: [...new Set(params.domains)],
    sharePercent: params.share,
    addresses: params.addresses,
    ...(params.allowUnused ? { allowUnused: true } : {}),
  }
}

function httpOf(params: ParamsOf<'http_fault'>): FaultSpec {
  const isAbort = params.http_type === 'abort'
  return {
    type: 'http_fault',
    kind: params.http_type,
    direction: params.direction,
    ports: [...new Set(params.ports)],
    methods: [...new Set(params.methods)],
    path: params.path ?? null,
    headers: params.headers.map((text) => ({ name: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) })),
    sharePercent: params.share,
    status: isAbort && !params.reset ? (params.status ?? suiteDefaults.status) : 0,
    delayMs: isAbort ? 0 : (params.delay ?? suiteDefaults.delay),
    keepProbes: params.keepProbes,
    ...(params.allowUnused ? { allowUnused: true } : {}),
  }
}

function failureOf(params: ParamsOf<'node_failure'>, duration: number): FaultSpec {
  const type = 'node_failure'
  switch (params.failure_type) {
    case 'pod-delete':
      return {
        type,
        kind: params.failure_type,
        graceSeconds: params.graceSeconds ?? null,
        allowBarePods: params.allowBarePods,
        ...nodePods(params),
      }
    case 'pod-kill':
      return {
        type,
        kind: params.failure_type,
        signal: params.signal,
        graceSeconds: params.signal === 'KILL' ? 0 : (params.graceSeconds ?? defaultGrace(params.repeatEvery ?? duration)),
        repeatEverySeconds: params.repeatEvery ?? null,
        container: params.container ?? null,
        ...nodePods(params),
      }
    case 'crashloop':
      return { type, kind: params.failure_type, container: params.container ?? null, ...nodePods(params) }
    case 'pod-pause':
      return { type, kind: params.failure_type, pulse: pulseOf(params), container: params.container ?? null }
    case 'node-drain':
      return { type, kind: params.failure_type, allowBarePods: params.allowBarePods, allowEmptyDir: params.allowEmptyDir }
  }
}

function nodePods({ allowNodePods }: { readonly allowNodePods: boolean }): { readonly allowNodePods?: true } {
  return allowNodePods ? { allowNodePods } : {}
}

/** Checked before: both are there, or neither. */
function pulseOf({
  every,
  for: forSeconds,
}: {
  readonly every?: number | undefined
  readonly for?: number | undefined
}): PodPauseSpec['pulse'] {
  return every === undefined || forSeconds === undefined ? null : { everySeconds: every, forSeconds }
}

/** The injector counts it in whole seconds, and KILL has to come before the next TERM or, after the last one, the end. */
function defaultGrace(secondsToNext: number): number {
  return Math.min(suiteDefaults.graceSeconds, Math.floor(secondsToNext / 2))
}

/** How many of the candidates a step takes when the file does not say. */
function defaultAmount(step: StepFile): Amount {
  switch (step.type) {
    case 'network_partition':
      return step.params.partition_type === 'random' ? usual(20) : percent(100)
    case 'resource_exhaustion':
      return { low: one, medium: usual(30), high: usual(60) }[step.params.intensity ?? 'low']
    case 'node_failure':
      return { 'pod-delete': usual(30), 'pod-kill': usual(30), crashloop: usual(20), 'pod-pause': usual(20), 'node-drain': one }[
        step.params.failure_type
      ]
    case 'network_degradation':
    case 'dns_failure':
    case 'http_fault':
      return usual(20)
  }
}

function selectionOf(targets: TargetsFile | undefined, defaults: { readonly selector: string; readonly amount: Amount }): Selection {
  const asked = typeof targets === 'string' || Array.isArray(targets) ? { names: targets } : (targets ?? {})
  const names = asked.names === undefined ? null : [...new Set(splitNames(asked.names))]
  const amount = names === null ? defaults.amount : percent(100)
  const chosen =
    asked.percent === undefined && asked.count === undefined ? amount : { percent: asked.percent ?? null, count: asked.count ?? null }
  return {
    names,
    selector: asked.selector ?? defaults.selector,
    owner: asked.owner ?? null,
    zone: asked.zone ?? null,
    node: asked.node ?? null,
    ...(asked.nodeSelector === undefined ? {} : { nodeSelector: asked.nodeSelector }),
    ...chosen,
  }
}
