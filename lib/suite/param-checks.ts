import { isIPv6 } from 'node:net'
import { type DegradationKind, degradationKinds } from '../domain/degradation-spec.ts'
import { intensities, partitionScopes, type ResourceKind, resourceKinds } from '../domain/suite.ts'
import { amountsOf } from './degradation.ts'
import { readAmount } from './exact-amount.ts'
import { valueAt } from './explain.ts'
import type { Finding, Path } from './problems.ts'

type Say = (key: string, at: Finding['at'], message: string) => void

/**
 * What no single param of a step shows: conditions between params, and between them and the step's duration. Each goes by the params'
 * own kind, so that a mistyped `type` hides none.
 */
export function paramFindings(step: unknown, path: Path): readonly Finding[] {
  const findings: Finding[] = []
  const say: Say = (key, at, message) => findings.push({ path: [...path, 'params', key], at, message })
  const params = valueAt(step, ['params'])
  checkPolicy(params, say)
  checkScope(params, say)
  checkFarSide(params, say)
  checkDegradation(params, say)
  checkAddresses(params, say)
  checkRequests(params, say)
  checkAmount(params, say)
  checkHome(params, { key: 'path', home: 'disk' }, say)
  checkHome(params, { key: 'mode', home: 'network' }, say)
  checkHome(params, { key: 'allowUnused', home: 'network' }, say)
  checkKill(params, valueAt(step, ['duration']), say)
  checkPause(params, valueAt(step, ['duration']), say)
  return findings
}

/** A NetworkPolicy takes a pod off the network as a whole, and the kubelet of its node is always let through. */
function checkPolicy(params: unknown, say: Say): void {
  if (valueAt(params, ['mechanism']) !== 'policy' || valueAt(params, ['partition_type']) === undefined) return
  const netfilter = 'use mechanism `netfilter`, which can'
  const scope = narrowScopeOf(params)
  if (scope !== undefined) say('scope', 'value', `mechanism \`policy\` cannot cut by scope \`${scope}\`: ${netfilter}`)
  for (const key of ['ports', 'cidrs'].filter((list) => isFilled(params, list))) {
    say(key, 'key', `mechanism \`policy\` cannot cut some ${key} only: ${netfilter}`)
  }
  if (valueAt(params, ['keepProbes']) === false) {
    say('keepProbes', 'value', `mechanism \`policy\` cannot stop the kubelet's probes: ${netfilter}`)
  }
}

/** A far side there is only where a fault is about what lies between two sides. */
function checkFarSide(params: unknown, say: Say): void {
  if (valueAt(params, ['against']) === undefined) return
  const [isPartition, isDegradation] = ['partition_type', 'degradation_type'].map((key) => valueAt(params, [key]) !== undefined)
  if (isPartition && narrowScopeOf(params) === undefined)
    say('against', 'key', 'has no meaning with scope `isolate`. Allowed: only with `peers` and `split`')
  if (isDegradation && valueAt(params, ['peersOnly']) !== true)
    say('against', 'key', 'has no meaning without `peersOnly`. Allowed: only with it')
}

function checkScope(params: unknown, say: Say): void {
  const scope = narrowScopeOf(params)
  const kind = valueAt(params, ['partition_type'])
  if (scope === undefined || kind === undefined) return
  if (isFilled(params, 'cidrs')) {
    say('cidrs', 'key', `has no meaning with scope \`${scope}\`, where the other pods are the addresses. Allowed: only with \`isolate\``)
  }
  if (scope === 'split' && kind === 'all' && valueAt(params, ['against']) === undefined) {
    say('scope', 'value', '`split` with partition_type `all` would leave nothing on the other side: use `random` or `specific`')
  }
}

function narrowScopeOf(params: unknown): string | undefined {
  return partitionScopes.find((scope) => scope !== 'isolate' && scope === valueAt(params, ['scope']))
}

function isFilled(params: unknown, key: string): boolean {
  const list = valueAt(params, [key])
  return Array.isArray(list) && list.length > 0
}

function checkDegradation(params: unknown, say: Say): void {
  if (valueAt(params, ['peersOnly']) === true && isFilled(params, 'cidrs')) {
    say('cidrs', 'key', 'stands beside `peersOnly`. Allowed: only one of the two')
  }
  const kind = degradationKinds.find((name) => name === valueAt(params, ['degradation_type']))
  const given = amountsIn(params)
  if (kind === undefined || given === undefined) return
  const amounts = amountsOf(kind, given)
  // A rate of 0 is the schema's to refuse; a jitter that was not given is 0 only beside a latency of 0.
  if (amounts[kind] === 0 && kind !== 'rate') {
    const key = given[kind] === undefined ? 'latency' : kind
    say(key, 'value', `found 0, which degrades nothing; degradation_type \`${kind}\` needs more than 0`)
  }
  if (amounts.jitter > amounts.latency) {
    const latency = `${amounts.latency}${given.latency === undefined ? ' unless given' : ''}`
    say('jitter', 'value', `found ${amounts.jitter}; allowed: at most \`latency\` (${latency})`)
  }
}

/** The amounts a file gives; undefined when one of them is none, which the schema tells. */
function amountsIn(params: unknown): Partial<Record<DegradationKind, number>> | undefined {
  const given = degradationKinds.flatMap((key) => {
    const value = valueAt(params, [key])
    return value === undefined ? [] : [[key, value] as const]
  })
  const sound = given.flatMap(([key, value]) => (typeof value === 'number' && value >= 0 ? [[key, value] as const] : []))
  return sound.length === given.length ? Object.fromEntries(sound) : undefined
}

function checkAddresses(params: unknown, say: Say): void {
  const addresses = valueAt(params, ['addresses'])
  const kind = valueAt(params, ['dns_type'])
  if (kind === undefined || !Array.isArray(addresses)) return
  if (kind !== 'wrong' && addresses.length > 0)
    say('addresses', 'key', `has no meaning with dns_type \`${kind}\`. Allowed: only with \`wrong\``)
  if (addresses.length === 2 && isIPv6(String(addresses[0])) === isIPv6(String(addresses[1])))
    say('addresses', 'value', 'found two addresses of one family; allowed: one of each')
}

function checkRequests(params: unknown, say: Say): void {
  const kind = valueAt(params, ['http_type'])
  const given = (key: string) => valueAt(params, [key]) !== undefined
  if (kind === 'abort' && given('delay')) say('delay', 'key', 'has no meaning with http_type `abort`. Allowed: only with `delay`')
  if (kind === 'delay') {
    for (const key of ['status', 'reset'].filter(given))
      say(key, 'key', 'has no meaning with http_type `delay`. Allowed: only with `abort`')
  }
  if (kind === 'abort' && given('status') && valueAt(params, ['reset']) === true)
    say('status', 'key', 'stands beside `reset`. Allowed: only one of the two')
}

/** How much is said in one of two ways. */
function checkAmount(params: unknown, say: Say): void {
  const kind = resourceKinds.find((name) => name === valueAt(params, ['resource_type']))
  const amount = valueAt(params, ['amount'])
  const intensity = valueAt(params, ['intensity'])
  if (valueAt(params, ['resource_type']) !== undefined && amount === undefined && intensity === undefined)
    say('intensity', 'value', `missing. Allowed: ${intensities.join(', ')}; or an exact \`amount\` instead`)
  if (amount !== undefined && intensity !== undefined) say('amount', 'key', 'stands beside `intensity`. Allowed: only one of the two')
  const read = kind === undefined || typeof amount !== 'string' || amount === '' ? undefined : readAmount(kind, amount)
  if (read !== undefined && 'problem' in read) say('amount', 'value', read.problem)
}

/** A param that means something for one resource only. */
function checkHome(params: unknown, { key, home }: { readonly key: string; readonly home: ResourceKind }, say: Say): void {
  const kind = resourceKinds.find((name) => name === valueAt(params, ['resource_type']))
  if (kind === undefined || kind === home || valueAt(params, [key]) === undefined) return
  say(key, 'key', `has no meaning with resource_type \`${kind}\`. Allowed: only with \`${home}\``)
}

function checkPause(params: unknown, duration: unknown, say: Say): void {
  if (valueAt(params, ['failure_type']) !== 'pod-pause') return
  const every = valueAt(params, ['every'])
  const lasts = valueAt(params, ['for'])
  if (every === undefined && lasts === undefined) return
  if (every === undefined) say('for', 'key', 'stands without `every`. Allowed: both of them, or neither')
  else if (lasts === undefined) say('every', 'key', 'stands without `for`. Allowed: both of them, or neither')
  else if (typeof every === 'number' && typeof lasts === 'number' && lasts >= every)
    say('for', 'value', `found ${lasts}: the next pause would begin before it is over; allowed: less than \`every\` (${every})`)
  else if (typeof every === 'number' && typeof duration === 'number' && duration > 0 && every >= duration)
    say('every', 'value', `found ${every}: no second pause before the step's end; allowed: less than its duration (${duration})`)
}

function checkKill(params: unknown, duration: unknown, say: Say): void {
  if (valueAt(params, ['failure_type']) !== 'pod-kill') return
  const grace = valueAt(params, ['graceSeconds'])
  const every = valueAt(params, ['repeatEvery'])
  if (typeof every === 'number' && typeof duration === 'number' && duration > 0 && every >= duration) {
    say('repeatEvery', 'value', `found ${every}: no second kill before the step's end; allowed: less than its duration (${duration})`)
  }
  if (typeof grace !== 'number') return
  if (valueAt(params, ['signal']) === 'KILL') {
    say('graceSeconds', 'key', 'has no meaning with signal `KILL`, which comes at once. Allowed: only with `TERM`')
  } else if (typeof duration === 'number' && grace >= duration) {
    say('graceSeconds', 'value', `found ${grace}: KILL would come after the step's end; allowed: less than its duration (${duration})`)
  } else if (typeof every === 'number' && every >= 1 && grace >= every) {
    say('graceSeconds', 'value', `found ${grace}: KILL would come after the next TERM; allowed: less than \`repeatEvery\` (${every})`)
  }
}
