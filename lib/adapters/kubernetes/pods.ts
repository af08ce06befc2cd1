import type { KubePods, Repeats } from '../../ports.ts'
import { classifyDial } from './dial.ts'
import { isAbsent, jsonIn, refusal, statusOf } from './errors.ts'
import type { Answer, Call } from './exchange.ts'
import { NoAnswer } from './no-answer.ts'
import { kubeObjects } from './objects.ts'
import { nameOf, pathOf } from './paths.ts'
import { allowed } from './permissions.ts'
import { TimedOut } from './timeout.ts'
import type { Transport } from './transport.ts'

/** More of a log is never read; Faultline's own Jobs write a line per target. */
const maxLogBytes = 1024 * 1024

/** Enough for any Status; a pod's page is not of interest. */
const maxDialBytes = 16 * 1024

/**
 * A container that has not started yet (its image is being pulled, or cannot be) has no log; the kubelet calls that a bad request, and so
 * does the API server while no node has the pod (kubelet: validateContainerLogStatus; API server: LogLocation).
 */
const notStarted =
  /is waiting to start|has not started|is not available|does not have a host assigned|image can't be pulled|trying and failing to pull image|previous terminated container/

interface PodName {
  readonly namespace: string
  readonly name: string
}

/** What only pods have, over the pods' subresources. */
export function kubePods(transport: Transport): KubePods {
  return {
    dial: (pod, path) => dial(transport, pod, path),
    evict: (pod) => evict(transport, pod),
    log: (pod) => log(transport, pod),
    can: (accesses) => allowed(transport, accesses),
  }
}

const podRef = ({ namespace, name }: PodName) => ({ apiVersion: 'v1', kind: 'Pod', namespace, name })

/**
 * Every dial has to make a connection of its own: the API server keeps answered ones, and those pass through a policy that came later.
 * A TLS handshake with a server that speaks plain HTTP fails and is never kept, so TLS is spoken first; plain HTTP follows only where
 * the server does speak TLS, for the same reason.
 */
async function dial(transport: Transport, pod: PodName & { port: number }, path: string): ReturnType<KubePods['dial']> {
  const result = await dialBy(transport, { ...pod, scheme: 'https' }, path)
  return result.status === null ? result : dialBy(transport, { ...pod, scheme: 'http' }, path)
}

async function dialBy(
  transport: Transport,
  pod: PodName & { port: number; scheme: 'http' | 'https' },
  path: string,
): ReturnType<KubePods['dial']> {
  const port = { ...podRef(pod), name: `${pod.scheme}:${pod.name}:${pod.port}` }
  const call: Call = { method: 'GET', path: `${pathOf(port, 'proxy').replaceAll('%3A', ':')}${within(path)}`, maxBytes: maxDialBytes }
  try {
    return classifyDial(await transport.dial(call))
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    // A dropped SYN keeps the API server waiting for 30 s, so this is the usual sign of a DROP; but it is also that of a slow pod.
    if (error.cause instanceof TimedOut)
      return { outcome: 'silent', status: null, message: `no answer within ${transport.dialTimeoutMs / 1000} s` }
    return { outcome: 'unknown', status: null, message: error.message }
  }
}

/** Keeps the path inside the pod: `/../..` would be another resource of the API server. */
function within(path: string): string {
  const url = new URL(`http://pod/${path.replace(/^\/+/, '')}`)
  return `${url.pathname}${url.search}`
}

async function evict(transport: Transport, pod: PodName & { uid: string } & Repeats): ReturnType<KubePods['evict']> {
  const ref = podRef(pod)
  const tried = `evict ${nameOf(ref)}`
  const { name, namespace, uid, until } = pod
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: { preconditions: { uid } } }
  const answer = await transport.send({
    method: 'POST',
    path: pathOf(ref, 'eviction'),
    body,
    tried,
    repeat: 'always',
    until,
    final: isBudgets,
  })
  if (isAbsent(answer, ref)) return { outcome: 'absent', message: `${nameOf(ref)} is gone` }
  if (isBudgets(answer)) return { outcome: 'blocked', message: budgetIn(answer) }
  if (answer.status === 409) return replaced(transport, { pod, answer, tried })
  jsonIn(tried, answer)
  return { outcome: 'evicted', message: `${nameOf(ref)} is being evicted` }
}

/** A disruption budget says 429 in a Status; the API server's own overload says 429 in plain text, and that one is worth a retry. */
function isBudgets(answer: Answer): boolean {
  return answer.status === 429 && statusOf(answer) !== undefined
}

/** Which budget, as the API server names it; else its general words. */
function budgetIn(answer: Answer): string {
  const status = statusOf(answer)
  return status?.causes.find((cause) => cause !== '') ?? status?.message ?? ''
}

/** A conflict is the UID's, or that of a budget that changed meanwhile: a look at the pod tells. */
async function replaced(
  transport: Transport,
  refused: { readonly pod: PodName & { uid: string }; readonly answer: Answer; readonly tried: string },
): ReturnType<KubePods['evict']> {
  const ref = podRef(refused.pod)
  const now = await kubeObjects(transport).get(ref)
  if (now?.metadata.uid === refused.pod.uid) throw refusal(refused.tried, refused.answer)
  return { outcome: 'absent', message: now === undefined ? `${nameOf(ref)} is gone` : `${nameOf(ref)} has been replaced` }
}

async function log(transport: Transport, pod: Parameters<KubePods['log']>[0]): Promise<string> {
  const ref = podRef(pod)
  const tried = `read the log of container ${pod.container} of ${nameOf(ref)}`
  const since = pod.sinceSeconds === undefined ? {} : { sinceSeconds: String(pod.sinceSeconds) }
  const tail = pod.tailLines === undefined ? {} : { tailLines: String(pod.tailLines) }
  const query = { container: pod.container, limitBytes: String(maxLogBytes), ...since, ...tail }
  const answer = await transport.send({ method: 'GET', path: pathOf(ref, 'log'), query, tried, repeat: 'always', byKubelet: true })
  if (isAbsent(answer, ref) || (answer.status === 400 && notStarted.test(statusOf(answer)?.message ?? ''))) return ''
  if (answer.status !== 200) throw refusal(tried, answer)
  return answer.text
}
