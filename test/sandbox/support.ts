import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/start.ts'
import { settle, VirtualClock } from '../support/virtual-clock.ts'

/** A JSON answer of the sandbox's API. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary JSON
  readonly body: any
}

export interface Lab {
  readonly sandbox: Sandbox
  readonly clock: VirtualClock
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

const open: Sandbox[] = []

/** Starts a sandbox on a virtual clock; `closeAll` in afterEach ends it. */
export async function startLab(options: SandboxOptions = {}): Promise<Lab> {
  const clock = new VirtualClock()
  const sandbox = await startSandbox({ clock, seed: 7, ...options })
  open.push(sandbox)
  await settle()
  return { sandbox, clock, call: (method, path, body, headers) => call(sandbox.url, { method, path, body, headers }) }
}

/** Starts one with its workload Ready. */
export async function startReadyLab(options: SandboxOptions = {}): Promise<Lab> {
  const lab = await startLab(options)
  await lab.clock.advance(3000)
  await lab.sandbox.ready()
  return lab
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
}

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Record<string, string> | undefined
}

async function call(url: string, { method, path, body, headers = {} }: Call): Promise<Answer> {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const init = {
    method,
    headers: { connection: 'close', ...type, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
  const response = await fetch(`${url}${path}`, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Content types of the three plain patches. */
export const merge = { 'content-type': 'application/merge-patch+json' }
export const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
export const jsonPatchType = { 'content-type': 'application/json-patch+json' }

export const configMap = (name: string, extra: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...extra },
  data: { a: '1' },
})

/** A pod-less Job, as Faultline's fuses are. */
export function fuse(name: string, seconds: number, spec: object = {}): object {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10' }] } }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { parallelism: 0, activeDeadlineSeconds: seconds, ttlSecondsAfterFinished: 0, template, ...spec },
  }
}
