import { isServing, whyOptedOut, workloadsIn } from './guard.ts'
import type { Calendar } from './hours.ts'
import type { Inventory } from './inventory.ts'
import type { Pod } from './kube.ts'
import { isReady } from './kube.ts'
import type { ProbeSpec } from './probe.ts'
import type { Refusal } from './refusal.ts'
import type { GuardLimits, Most, Suite } from './suite.ts'
import { faultName } from './suite.ts'
import { zoneLabel } from './targets.ts'

/** What the owner of an installation allows. All rules that bind a run hold together, so that each can only make it less. */
export interface GuardRule extends GuardLimits {
  /** Whom it binds: patterns in which `*` stands for anything; left out: every run. */
  readonly for?: { readonly cluster?: string | undefined; readonly namespace?: string | undefined } | undefined
  /** Clusters and namespaces that are allowed at all, as patterns. */
  readonly clusters?: readonly string[] | undefined
  readonly namespaces?: readonly string[] | undefined
  /** `KEY` or `KEY=VALUE`: a label that each target, or their namespace, has to bear. */
  readonly optIn?: string | undefined
  /** Their entries are freezes. */
  readonly calendars?: readonly Calendar[] | undefined
  /** What has to be measured before a start, e.g. what is left of an error budget. */
  readonly gates?: readonly ProbeSpec[] | undefined
}

/** Where a run takes place. */
export interface GuardedPlace {
  /** Null where it is not known: every rule binds then, and no list of clusters allows it. */
  readonly cluster: string | null
  readonly namespace: string
}

type Reason = Pick<Refusal, 'code' | 'message'>

/** The rules that bind a run, the suite's own last. */
export function bindingRules(rules: readonly GuardRule[], place: GuardedPlace, own: GuardLimits | undefined): readonly GuardRule[] {
  const binds = ({ for: whom }: GuardRule) =>
    (whom?.cluster === undefined || place.cluster === null || matchesPattern(whom.cluster, place.cluster)) &&
    (whom?.namespace === undefined || matchesPattern(whom.namespace, place.namespace))
  return [...rules.filter(binds), ...(own === undefined ? [] : [own])]
}

/** Each `*` takes as little as it can, so that the time is linear: names of namespaces come from anyone. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const at = text.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

/** What speaks against a suite there, as far as it can be told without the cluster. Pure. */
export function judgeSuite(rules: readonly GuardRule[], place: GuardedPlace, suite: Suite): readonly Refusal[] {
  const allowed = (what: string, name: string | null, patterns: readonly string[] | undefined): readonly Refusal[] =>
    patterns === undefined || (name !== null && patterns.some((pattern) => matchesPattern(pattern, name)))
      ? []
      : [refusal(null, `${what} ${name ?? 'of unknown name'} is not among those that are allowed: ${patterns.join(', ')}`)]
  return rules.flatMap((rule) => [
    ...allowed('cluster', place.cluster, rule.clusters),
    ...allowed('namespace', place.namespace, rule.namespaces),
    ...tooLong(rule, suite),
    ...worksOf(suite).flatMap(({ what, image }) => allowed(`${what}: image`, image, rule.images)),
    ...suite.steps.flatMap(({ fault, name }, step) => {
      const kind = faultName(fault)
      if (rule.kinds === undefined || rule.kinds.includes(kind)) return []
      return [refusal(step, `step ${name}: ${kind} is not among the kinds that are allowed: ${rule.kinds.join(', ')}`)]
    }),
  ])
}

/** What a suite brings along itself, and whose images these are. */
function worksOf({ load = [], probes }: Suite): readonly { readonly what: string; readonly image: string }[] {
  return [
    ...load.map(({ name, image }) => ({ what: `load ${name}`, image })),
    ...probes.flatMap(({ name, source }) => (source.type === 'job' ? [{ what: `probe ${name}`, image: source.image }] : [])),
  ]
}

function tooLong({ longestStep, longestRun }: GuardRule, suite: Suite): readonly Refusal[] {
  return [
    ...(longestRun !== undefined && suite.maxDurationMs > longestRun * 1000
      ? [refusal(null, `the run may take ${suite.maxDurationMs / 1000} s (maxDuration); allowed: ${longestRun} s`)]
      : []),
    ...suite.steps.flatMap(({ durationMs, name }, step) =>
      longestStep !== undefined && durationMs > longestStep * 1000
        ? [refusal(step, `step ${name} lasts ${durationMs / 1000} s; allowed: ${longestStep} s`)]
        : [],
    ),
  ]
}

function refusal(step: number | null, message: string): Refusal {
  return { code: 'guard', step, message }
}

/** What speaks against hitting these pods. `blastRadius` lifts none of it: the owner's word holds. Pure. */
export function judgeTargets(rules: readonly GuardRule[], inventory: Inventory, hit: readonly Pod[]): readonly Reason[] {
  if (hit.length === 0) return []
  const outs = hit.flatMap((pod): readonly Reason[] => {
    const why = whyOptedOut(pod, inventory)
    return why === null ? [] : [{ code: 'guard', message: `pod ${pod.metadata.name} would be hit: ${why}` }]
  })
  return [
    ...outs,
    ...rules.flatMap((rule) => [
      ...notOptedIn(rule, inventory, hit),
      ...workloads(inventory).flatMap(([name, pods]) => [
        ...tooMany(rule.perWorkload, name, { pods, hit }),
        ...tooFewReady(rule.fewestReady, name, { pods, hit }),
      ]),
      ...tooMany(rule.perNamespace, `namespace ${inventory.namespace}`, { pods: inventory.pods.filter(isServing), hit }),
      ...groups(inventory, (pod) => pod.spec.nodeName).flatMap(([name, pods]) => tooMany(rule.perNode, `node ${name}`, { pods, hit })),
      ...groups(inventory, zoneOf(inventory)).flatMap(([name, pods]) => tooMany(rule.perZone, `zone ${name}`, { pods, hit })),
    ]),
  ]
}

interface Share {
  readonly pods: readonly Pod[]
  readonly hit: readonly Pod[]
}

function tooMany(most: Most | undefined, of: string, { pods, hit }: Share): readonly Reason[] {
  if (most === undefined) return []
  const struck = struckOf(pods, hit).length
  const share = most.percent === undefined ? Number.POSITIVE_INFINITY : Math.floor((pods.length * most.percent) / 100)
  const allowed = Math.min(share, most.count ?? Number.POSITIVE_INFINITY)
  if (struck <= allowed) return []
  const said = share === allowed ? `${allowed} (${most.percent} %)` : `${allowed}`
  return [{ code: 'guard', message: `${struck} of the ${pods.length} pods of ${of} would be hit; allowed: ${said}` }]
}

function tooFewReady(fewest: number | undefined, of: string, { pods, hit }: Share): readonly Reason[] {
  const struck = struckOf(pods, hit)
  const stay = pods.filter((pod) => isReady(pod) && !struck.includes(pod)).length
  if (fewest === undefined || struck.length === 0 || stay >= fewest) return []
  return [{ code: 'guard', message: `${stay} pods of ${of} would stay Ready; at least ${fewest} have to` }]
}

function notOptedIn({ optIn }: GuardRule, { namespaceLabels }: Inventory, hit: readonly Pod[]): readonly Reason[] {
  if (optIn === undefined) return []
  const [key = '', value] = optIn.split('=')
  const bears = (labels: Readonly<Record<string, string>> | undefined) =>
    labels?.[key] !== undefined && (value === undefined || labels[key] === value)
  const without = bears(namespaceLabels) ? [] : hit.filter(({ metadata }) => !bears(metadata.labels))
  if (without.length === 0) return []
  const names = without.map(({ metadata }) => metadata.name).join(', ')
  return [{ code: 'guard', message: `neither they nor their namespace bear label ${optIn}, which is asked for: ${names}` }]
}

function struckOf(pods: readonly Pod[], hit: readonly Pod[]): readonly Pod[] {
  const uids = new Set(hit.map(({ metadata }) => metadata.uid))
  return pods.filter(({ metadata }) => uids.has(metadata.uid))
}

function workloads(inventory: Inventory): readonly (readonly [string, readonly Pod[]])[] {
  return [...workloadsIn(inventory).values()].map(({ name, pods }) => [name, pods])
}

function groups(inventory: Inventory, keyOf: (pod: Pod) => string | undefined): readonly (readonly [string, readonly Pod[]])[] {
  const serving = inventory.pods.filter((pod) => isServing(pod) && keyOf(pod) !== undefined)
  return [...Map.groupBy(serving, (pod) => keyOf(pod) ?? '')]
}

function zoneOf({ nodes }: Inventory): (pod: Pod) => string | undefined {
  const zones = new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.[zoneLabel]]))
  return ({ spec }) => zones.get(spec.nodeName ?? '')
}
