import type { HttpSpec } from '../domain/http-spec.ts'
import type { Pod } from '../domain/kube.ts'
import type { FaultSpec } from '../domain/suite.ts'
import type { Fault } from './fault.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { needsTraffic } from './injector/plan.ts'

const byProxy = injectorFault({
  action: () => 'fault-http',
  container: () => null,
  env: (spec) => (spec.type === 'http_fault' ? httpEnvironment(spec) : {}),
  unfit: (_, pod) => whyMeshed(pod),
  undo: {},
})

/**
 * Requests of HTTP/1 fail or take longer: a proxy in the targets' own network namespace (HAProxy: https://www.haproxy.org) judges each, and
 * passes on what is not meant, and what is no HTTP/1.
 */
export const httpFault: Fault = {
  ...byProxy,
  async plan(context) {
    const plan = await byProxy.plan(context)
    if (plan.injections.length === 0) return plan
    return { ...plan, warnings: [...plan.warnings, ...warningsOf(context.step.fault)] }
  },
}

/** Ports on which TLS is what is spoken: https://www.iana.org/assignments/service-names-port-numbers. */
const tlsPorts: readonly number[] = [443, 465, 636, 853, 6443, 8443, 9443, 10250]

function warningsOf(spec: FaultSpec): readonly string[] {
  if (spec.type !== 'http_fault') return []
  const ports = spec.ports.join(', ')
  const tls = spec.ports.filter((port) => tlsPorts.includes(port))
  const name = spec.direction === 'in' ? 'to it' : 'from it'
  return [
    `connections ${name} that are open on port ${ports} are cut once, when the fault begins, and those of the time in between when it ends`,
    ...(spec.direction === 'in'
      ? ["what it serves on these ports sees the pod's own address as its client's (X-Forwarded-For has the client's)"]
      : []),
    ...(tls.length === 0 ? [] : [`port ${tls.join(', ')} is one of TLS, which passes as it is: no request in it is met`]),
  ]
}

/** Containers that take over their pod's connections: Istio's and Linkerd's proxies. */
const proxies: readonly string[] = ['istio-proxy', 'linkerd-proxy']

function whyMeshed({ spec }: Pod): string | null {
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  const proxy = all.find(({ name }) => proxies.includes(name))
  return proxy === undefined ? null : `its container ${proxy.name} takes over its connections; a mesh has HTTP faults of its own`
}

function httpEnvironment(spec: HttpSpec): Readonly<Record<string, string>> {
  const { kind, direction, ports, methods, path, headers, sharePercent, status, delayMs, keepProbes } = spec
  return {
    FAULTLINE_HTTP: kind,
    FAULTLINE_DIRECTION: direction,
    FAULTLINE_PORTS: ports.map((port) => `${port}/tcp`).join(','),
    FAULTLINE_METHODS: methods.join(','),
    FAULTLINE_URL_PATH: path ?? '',
    FAULTLINE_HEADERS: headers.map(({ name, value }) => `${name}=${value}`).join(','),
    FAULTLINE_SHARE_PCT: String(sharePercent),
    FAULTLINE_STATUS: String(status),
    FAULTLINE_DELAY_MS: String(delayMs),
    FAULTLINE_KEEP_PROBES: direction === 'in' && keepProbes ? '1' : '0',
    FAULTLINE_NEED_TRAFFIC: needsTraffic(spec),
  }
}
