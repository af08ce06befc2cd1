import type { HttpAnswer, HttpRequest } from '../behaviours/behaviour.ts'
import type { Service } from '../kinds.ts'
import { apiServerAddress, type Peer, portNumber } from '../network.ts'
import type { Pod } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import type { Route } from './route.ts'
import { badRequest, StatusError, unreachable } from './status.ts'

/** Waits on the cluster's clock. */
export function pause(backend: Backend, ms: number): Promise<void> {
  return new Promise((resolve) => backend.cluster.timers.after(ms, resolve))
}

/** Opens a connection from a peer to a pod's port and sends one request; throws the 503 of a dial error when it cannot. */
export async function dialPod(backend: Backend, to: { pod: Pod; port: number }, from: Peer, request: HttpRequest): Promise<HttpAnswer> {
  const { pod, port } = to
  const address = `${pod.status.podIP ?? pod.metadata.name}:${port}`
  if (pod.status.phase !== 'Running') throw unreachable(`dial tcp ${address}: connect: connection refused`)
  const reaches = backend.world.reaches(from, pod, port)
  if (backend.world.isSilent(pod) || (backend.policiesDrop && !reaches)) {
    await pause(backend, backend.dialTimeoutMs)
    throw unreachable(`dial tcp ${address}: i/o timeout`)
  }
  const process = backend.kubelet.listener(pod, port)?.process
  const answer = reaches ? process?.http?.(request) : undefined
  if (answer === undefined) throw unreachable(`dial tcp ${address}: connect: connection refused`)
  if (answer.delayMs) await pause(backend, answer.delayMs)
  return answer
}

/** `[SCHEME:]NAME[:PORT]`, as the proxy subresources have it. */
function parseTarget(text: string): { name: string; port: string | undefined; tls: boolean } {
  const parts = text.split(':')
  if (parts.length === 3) return { name: parts[1] ?? '', port: parts[2] || undefined, tls: parts[0] === 'https' }
  return { name: parts[0] ?? '', port: parts[1] || undefined, tls: false }
}

function podTarget(backend: Backend, route: Route): { pod: Pod; port: number } {
  const { name, port } = parseTarget(route.name ?? '')
  const pod = backend.cluster.get('pods', name, route.namespace)
  const first = pod.spec.containers[0]?.ports?.[0]?.containerPort ?? 80
  const number = port === undefined ? first : portNumber(pod, port)
  if (number === undefined) throw badRequest(`invalid port '${port}' for pod ${name}`)
  return { pod, port: number }
}

/** Picks the next endpoint of a service; throws 503 when there is none. */
export function serviceTarget(backend: Backend, service: Service, port?: string): { pod: Pod; port: number } {
  const endpoints = backend.endpoints.of(service)
  const pod = endpoints.at(backend.world.nextTurn() % Math.max(1, endpoints.size))
  const { name } = service.metadata
  if (pod === undefined)
    throw new StatusError({ code: 503, reason: 'ServiceUnavailable', message: `no endpoints available for service "${name}"` })
  const ports = service.spec.ports ?? []
  const entry = port === undefined ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port)
  const number = entry === undefined ? undefined : portNumber(pod, entry.targetPort ?? entry.port)
  if (number === undefined)
    throw new StatusError({ code: 503, reason: 'ServiceUnavailable', message: `no service port "${port}" found for service "${name}"` })
  return { pod, port: number }
}

/** The proxy subresource of pods and services: a call from the API server's own address. */
export async function handleProxy(backend: Backend, route: Route, exchange: Exchange): Promise<void> {
  const { name, port, tls } = parseTarget(route.name ?? '')
  const to =
    route.resource.plural === 'pods'
      ? podTarget(backend, route)
      : serviceTarget(backend, backend.cluster.get('services', name, route.namespace), port)
  const request = { method: exchange.method, path: `${route.rest}${exchange.url.search}` }
  const answer = await dialPod(backend, to, { address: apiServerAddress }, request)
  if (tls) throw unreachable('tls: first record does not look like a TLS handshake')
  exchange.send(answer.status, answer.body, { 'content-type': answer.contentType })
}
