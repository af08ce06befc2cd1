import type { Node } from '../../domain/kube.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { type InjectorSource, injectorJob } from '../../faults/injector/job.ts'
import { whyNoInjector } from '../../faults/injector/unfit.ts'
import { injectorTools, lookScript } from './look-script.ts'
import { NodeWatch } from './node-watch.ts'
import { longestLookMs, type OwnObjects } from './own-objects.ts'

/** From its Job to all that a node's pod has to say: an image of 60 MB is pulled within 40 s, a name that is not found takes 8 s. */
const lookBudgetMs = 75_000

/** So many comparisons tell a clock to some tenths of a second. */
const enoughTimes = 3

/** A node where nothing is started: pods of a serverless provider, or without Linux. */
export interface OddNode {
  readonly node: string
  readonly why: string
}

export interface LookedNodes {
  readonly watches: readonly NodeWatch[]
  readonly odd: readonly OddNode[]
}

/** What the nodes say of themselves, by one check Job of the injector's image on each: made once, for all checks that read it. */
export class NodeLooks {
  readonly #own: OwnObjects
  #looked: Promise<LookedNodes> | undefined

  constructor(own: OwnObjects) {
    this.#own = own
  }

  /**
   * Null where no image is named. Pods go on telling the way to the API server and the time until everything is taken away.
   * @throws FaultlineError when nodes cannot be listed or Jobs cannot be made
   */
  looked(context: FaultContext): Promise<LookedNodes> | null {
    const { image } = context.config.injector
    if (image === null) return null
    this.#looked ??= this.#look(context, { ...context.config.injector, image })
    return this.#looked
  }

  async #look(context: FaultContext, source: InjectorSource): Promise<LookedNodes> {
    const nodes = await context.cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
    const odd = nodes.flatMap((node) => {
      const why = whyNone(node)
      return why === null ? [] : [{ node: node.metadata.name, why }]
    })
    const usual = nodes.filter((node) => whyNone(node) === null)
    const watches = await Promise.all(usual.map(({ metadata: { name } }, n) => this.#begin(context, { source, node: name, n })))
    await Promise.all(watches.map((watch) => watch.until(context, ({ times }) => times >= enoughTimes, lookBudgetMs)))
    return { watches, odd }
  }

  async #begin(
    context: FaultContext,
    on: { readonly source: InjectorSource; readonly node: string; readonly n: number },
  ): Promise<NodeWatch> {
    const { clock, cluster, runId } = context
    const fuse = await this.#own.fuse(context)
    const now = clock.now()
    const order = {
      ...on,
      ...({ runId, step: 0, name: `faultline-${runId}-c${on.n}`, action: 'check', targets: [], peers: {} } as const),
      ...{ endsAt: now + longestLookMs, bootId: '', givenAt: now, script: lookScript },
      env: { FAULTLINE_ACTION: 'look', FAULTLINE_TOOLS: injectorTools.join(' ') },
    }
    const job = await cluster.objects.create(injectorJob(order, { now, fuse }), { until: context.interrupt })
    return new NodeWatch(on.node, job, now)
  }
}

function whyNone(node: Node): string | null {
  const unfit = whyNoInjector(node)
  if (unfit !== null) return `it is ${unfit}`
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready !== undefined && ready.status !== 'True' ? `it is not Ready (${ready.reason ?? ready.status})` : null
}

/** Why the checks of nodes cannot look, and what they need. */
export const noImage = (what: string): { readonly found: string; readonly fix: string } => ({
  found: `${what} is looked at from inside a node, by the injector's image, and none is named`,
  fix: '--injector-image REGISTRY/faultline-injector:1 (docs/injector.md builds it)',
})
