import type { Job, Pod } from '../../domain/kube.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { podsOfJob } from '../../faults/injector/job.ts'
import { refusalOfPods, startFailure } from '../../faults/injector/start.ts'
import { pause } from '../../faults/pause.ts'
import { stateOf } from '../../faults/pod-messages.ts'

/** What a node's pod said of one thing. */
export interface Said {
  readonly state: 'yes' | 'no' | 'unknown'
  readonly text: string
}

/** How far a node's clock is ahead of this machine's: between these, in ms; below zero it is behind. */
export interface Ahead {
  readonly leastMs: number
  readonly mostMs: number
}

/** A look every half second costs one call for each node, and tells a clock to half a second. */
const pollMs = 500

const lookLine = /^look (\S+) (yes|no|unknown) ?(.*)$/

/** Reads what the pod of one node says, as it comes. */
export class NodeWatch {
  readonly node: string
  /** The newest of each name. */
  readonly said = new Map<string, Said>()
  /** Why there is no look, in Kubernetes' words; null while there is, or may be. */
  failure: string | null = null
  /** Pod Security, a quota or a webhook refused its pod: no node has anything to do with it. */
  isRefused = false
  /** What its pod is waiting for, where it has not said anything yet. */
  waitsFor: string | null = null
  ahead: Ahead | null = null
  /** How many times the pod told what time it is there. */
  times = 0
  readonly #job: Job
  #lines = 0
  #readAt: number

  /** `madeAt`: when its Job was sent off. */
  constructor(node: string, job: Job, madeAt: number) {
    this.node = node
    this.#job = job
    this.#readAt = madeAt
  }

  /** Reads until the pod has said enough, cannot start, or that much time has passed. @throws FaultlineError `refused` when interrupted */
  async until(context: FaultContext, isEnough: (watch: NodeWatch) => boolean, maxMs: number): Promise<void> {
    const giveUpAt = context.clock.now() + maxMs
    while (this.failure === null && !isEnough(this)) {
      await this.#read(context)
      if (isEnough(this) || context.clock.now() >= giveUpAt) return
      await pause(context, pollMs, `the look at node ${this.node}`)
    }
  }

  async #read(context: FaultContext): Promise<void> {
    const { namespace = '' } = this.#job.metadata
    const pod = (await podsOfJob(context, namespace, this.#job.metadata)).at(-1)
    if (pod === undefined) {
      this.failure = this.#told(await refusalOfPods(context, this.#job))
      this.isRefused = this.failure !== null
      return
    }
    this.failure = this.#told(startFailure(pod))
    this.waitsFor = stateOf(pod)
    if (this.failure === null) await this.#readLog(context, pod)
  }

  /** Without the pod's own name, which says nothing to people, and keeps what is the same on all nodes from being told once. */
  #told(words: string | null): string | null {
    return words?.replaceAll(new RegExp(`"?${this.#job.metadata.name}-[a-z0-9]+"?`, 'g'), 'its pod') ?? null
  }

  /** Why a pod said nothing, for checks that leave the reason to the check of the image. */
  get silence(): string {
    if (this.failure !== null) return 'its pod does not start'
    return this.waitsFor ?? 'its pod did not say'
  }

  async #readLog({ cluster, clock }: FaultContext, pod: Pod): Promise<void> {
    const before = this.#readAt
    this.#readAt = clock.now()
    const { name, namespace = '' } = pod.metadata
    const lines = (await cluster.pods.log({ namespace, name, container: 'injector' })).split('\n').slice(0, -1)
    for (const line of lines.slice(this.#lines)) this.#hear(line, { after: before, before: clock.now() })
    this.#lines = Math.max(this.#lines, lines.length)
  }

  #hear(line: string, heard: { readonly after: number; readonly before: number }): void {
    const [, name = '', state = '', text = ''] = lookLine.exec(line) ?? []
    if (name === '') return
    this.said.set(name, { state: state as Said['state'], text })
    if (name === 'clock') this.#compare(Number(text), heard)
  }

  /** A line that was not there at one look and is at the next was written between them: all of these together tell how far the clocks differ. */
  #compare(at: number, { after, before }: { readonly after: number; readonly before: number }): void {
    if (!Number.isFinite(at)) return
    this.times++
    const { leastMs = Number.NEGATIVE_INFINITY, mostMs = Number.POSITIVE_INFINITY } = this.ahead ?? {}
    this.ahead = { leastMs: Math.max(leastMs, at - before), mostMs: Math.min(mostMs, at - after) }
  }
}
