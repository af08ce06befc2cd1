import type { Cluster } from '../cluster.ts'
import type { Container, Pod } from '../wire.ts'
import type { World } from '../world.ts'

export interface HttpRequest {
  readonly method: string
  /** With the query string. */
  readonly path: string
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** How long the answer takes. */
  readonly delayMs?: number
}

/** What a container's main process can see and do. Its timers die with it. */
export interface ProcessContext {
  readonly cluster: Cluster
  readonly world: World
  readonly podUid: string
  readonly container: Container
  readonly env: Readonly<Record<string, string>>
  /** The newest copy of its pod; undefined once the pod is gone. */
  pod(): Pod | undefined
  now(): number
  at(epochMs: number, run: () => void): () => void
  log(line: string): void
  /** Ends the process; the restart policy decides what follows. */
  exit(code: number): void
  /** Tells the kubelet that readiness may have changed. */
  changed(): void
}

/** A running main process. */
export interface Process {
  /** Its answers to probes change only with its pod, its neighbours or what `changed` tells: it need not be asked at every tick. */
  readonly announces?: true
  /** Left out: ready as soon as it is up. */
  isReady?(): boolean
  /** Left out: it listens on no port. */
  http?(request: HttpRequest): HttpAnswer
  /** On SIGTERM; must come to `exit`. Left out: the process stops after the stop delay. */
  terminate?(): void
  /** The process is dead without having been asked (SIGKILL, pod removed by force). */
  killed?(): void
}

/** Starts the process of one container image. */
export type Behaviour = (context: ProcessContext) => Process
