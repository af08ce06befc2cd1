import type { DegradationSpec } from '../domain/degradation-spec.ts'
import type { DnsSpec } from '../domain/dns-spec.ts'
import { amountText } from '../domain/exact-amount.ts'
import type { PodKillSpec, PodPauseSpec } from '../domain/failure-spec.ts'
import type { HttpSpec } from '../domain/http-spec.ts'
import type { ExhaustionSpec, FaultSpec, PartitionSpec } from '../domain/suite.ts'
import type { UndoData } from '../domain/undo-data.ts'

/** What a step does to its targets, with every amount; once for all of whom it is the same. */
export function actionTexts(fault: FaultSpec, injections: readonly { readonly undo: UndoData }[]): readonly string[] {
  return [...new Set(injections.map(({ undo }) => actionText(fault, undo)))]
}

/** As planned for one injection: `undo` knows what its targets' own limits made of it. */
function actionText(fault: FaultSpec, undo: UndoData): string {
  switch (fault.type) {
    case 'network_partition':
      return partitionText(fault, undo.kind === 'injector')
    case 'network_degradation':
      return degradationText(fault)
    case 'dns_failure':
      return dnsText(fault)
    case 'http_fault':
      return httpText(fault)
    case 'resource_exhaustion':
      return exhaustionText(fault, undo.kind === 'injector' ? undo.env : {})
    case 'node_failure':
      break
  }
  switch (fault.kind) {
    case 'pod-delete':
      return `deletes it, with ${fault.graceSeconds === null ? 'its own grace' : `a grace of ${fault.graceSeconds} s`}`
    case 'pod-kill':
      return killText(fault)
    case 'crashloop':
      return 'kills its container at every start'
    case 'pod-pause':
      return pauseText(fault)
    case 'node-drain':
      return drainText(fault)
  }
}

const cuts: Readonly<Record<PartitionSpec['scope'], string>> = {
  isolate: 'cuts it off from everything',
  peers: 'cuts it off from the other pods of the workload',
  split: 'cuts the targets together off from the rest of the workload',
}
const ways: Readonly<Record<PartitionSpec['direction'], string>> = { both: 'in both directions', in: 'inwards', out: 'outwards' }

function partitionText({ scope, against, direction, ports, cidrs, keepProbes, coverNew }: PartitionSpec, byInjector: boolean): string {
  const by = byInjector ? 'by netfilter' : 'by NetworkPolicy'
  return joined([
    against === undefined ? cuts[scope] : `${scope === 'split' ? 'cuts the targets together' : 'cuts it'} off from pods with ${against}`,
    ways[direction],
    by,
    ...narrowed(ports, cidrs),
    ...(keepProbes ? ["the kubelet's probes still pass"] : []),
    ...(coverNew === true ? ['pods that join are cut off, too'] : []),
  ])
}

function degradationText(spec: DegradationSpec): string {
  const { latencyMs, jitterMs, lossPercent, corruptPercent, duplicatePercent, rateKbit, peersOnly } = spec
  return joined([
    ...(latencyMs > 0 ? [`${latencyMs} ms of latency`] : []),
    ...(jitterMs > 0 ? [`varying by ${jitterMs} ms`] : []),
    ...(lossPercent > 0 ? [`${lossPercent} % of packets lost`] : []),
    ...(corruptPercent > 0 ? [`${corruptPercent} % corrupted`] : []),
    ...(duplicatePercent > 0 ? [`${duplicatePercent} % doubled`] : []),
    ...(rateKbit === null ? [] : [`${rateKbit} kbit/s left`]),
    ...narrowed(spec.ports, spec.cidrs),
    ...(peersOnly ? [`only to ${spec.against === undefined ? 'the other pods of the workload' : `pods with ${spec.against}`}`] : []),
  ])
}

const answers: Readonly<Record<DnsSpec['kind'], string>> = {
  nxdomain: 'with NXDOMAIN',
  servfail: 'with SERVFAIL',
  timeout: 'with nothing',
  wrong: 'with a wrong address',
}

function dnsText({ kind, domains, sharePercent, addresses }: DnsSpec): string {
  const share = sharePercent === 100 ? 'its queries' : `${sharePercent} % of its queries`
  const names = domains.length === 0 ? 'for any name' : `for ${domains.join(' ')}`
  return `answers ${share} ${names} ${answers[kind]}${addresses.length === 0 ? '' : ` (${addresses.join(' ')})`}`
}

function httpText(spec: HttpSpec): string {
  const { kind, direction, ports, methods, path, headers, sharePercent, status, delayMs } = spec
  const which = sharePercent === 100 ? 'requests' : `${sharePercent} % of the requests`
  const abort = status === 0 ? 'closes the connection in place of answering' : `answers with status ${status}`
  return joined([
    `${kind === 'delay' ? `delays by ${delayMs} ms` : abort} ${which} that ${direction === 'in' ? 'come in' : 'go out'} on port ${ports.join(' ')}`,
    ...(methods.length === 0 ? [] : [`only ${methods.join(' ')}`]),
    ...(path === null ? [] : [`only ${path}`]),
    ...headers.map(({ name, value }) => `only with ${name}: ${value}`),
  ])
}

function narrowed(ports: readonly number[], cidrs: readonly string[]): readonly string[] {
  return [...(ports.length === 0 ? [] : [`only ports ${ports.join(' ')}`]), ...(cidrs.length === 0 ? [] : [`only ${cidrs.join(' ')}`])]
}

function exhaustionText({ kind, mode, path, amount: exact }: ExhaustionSpec, env: Readonly<Record<string, string | undefined>>): string {
  const { FAULTLINE_AMOUNT: amount = '?', FAULTLINE_PERCENT: percent, FAULTLINE_MILLICORES: millicores } = env
  switch (kind) {
    case 'cpu':
      return millicores === undefined
        ? `${amount} busy loops in its cgroup`
        : `takes ${amountText({ unit: 'millicores', value: Number(millicores) })} by busy loops in its cgroup`
    case 'memory':
      if (percent === undefined) return `holds ${amount} MiB of memory in its cgroup`
      return `fills its memory to ${percent} % of its limit${exact === undefined ? `, by ${amount} MiB where it has none` : ''}`
    case 'disk':
      return `fills ${amount} MiB of ${path ?? '/tmp'}`
    case 'network':
      return mode === 'load' ? `loads its network with ${amount} kbit/s` : `leaves it ${amount} kbit/s`
  }
}

function killText({ signal, graceSeconds, repeatEverySeconds }: PodKillSpec): string {
  const how = signal === 'KILL' ? 'KILL' : `TERM, KILL after ${graceSeconds} s`
  return `sends its container ${how}, ${repeatEverySeconds === null ? 'once' : `again every ${repeatEverySeconds} s`}`
}

function pauseText({ pulse }: PodPauseSpec): string {
  const what = 'has all processes of its container stand still'
  return pulse === null ? what : `${what}, for ${pulse.forSeconds} s of every ${pulse.everySeconds} s`
}

function drainText({ allowBarePods, allowEmptyDir }: Extract<FaultSpec, { kind: 'node-drain' }>): string {
  const also = [...(allowBarePods ? ['bare pods'] : []), ...(allowEmptyDir ? ['pods with emptyDir volumes'] : [])]
  return `cordons it and evicts its pods${also.length === 0 ? '' : `, ${also.join(' and ')} too`}`
}

/** How much a resource exhaustion takes, as its suite says it. */
export function howMuch({ intensity, amount }: ExhaustionSpec): string {
  return amount === undefined ? (intensity ?? '') : amountText(amount)
}

const joined = (parts: readonly string[]): string => parts.join(', ')
