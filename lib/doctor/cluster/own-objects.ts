import { FaultlineError } from '../../domain/errors.ts'
import { failed, type Outcome, ok } from '../../domain/finding.ts'
import type { FuseRef, FuseSpec } from '../../domain/injection.ts'
import type { KubeObject } from '../../domain/kube.ts'
import { refOf } from '../../domain/kube.ts'
import { runLabel } from '../../domain/labels.ts'
import { ourKinds } from '../../engine/acts/left-behind.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { armFuse } from '../../faults/fuse.ts'

/** All looks together: an image is pulled (40 s), names are looked up, a policy is tried; a doctor that was killed leaves nothing for longer. */
export const longestLookMs = 180_000

/** Pods of ours end at once when they are told to; a slow kubelet needs some seconds more. */
const goneBudgetMs = 45_000
const pollMs = 500

/**
 * What a doctor puts into the cluster, and takes away again.
 * 1. The first thing made is a fuse in the injectors' namespace; it owns all the rest, so that Kubernetes itself removes everything when the
 *    doctor dies. Each object says when it expires, for `sweep`.
 * 2. At the end everything that bears the label of this doctor is deleted, and listed until nothing is there.
 */
export class OwnObjects {
  #context: FaultContext | undefined
  #fuse: Promise<FuseRef> | undefined

  /** Needs no `context` before something is made. */
  fuse(context: FaultContext): Promise<FuseRef> {
    const { clock, runId, config } = context
    const spec: FuseSpec = { namespace: config.injector.namespace, name: `faultline-${runId}`, pod: null }
    this.note(context)
    this.#fuse ??= armFuse(context, spec, { step: null, role: 'fuse', burnsAt: clock.now() + longestLookMs })
    return this.#fuse
  }

  /** From now on there may be something to take away. */
  note(context: FaultContext): void {
    this.#context = context
  }

  /** Takes everything away and proves it; null when nothing was made. */
  async takeAway(): Promise<Outcome | null> {
    const context = this.#context
    if (context === undefined) return null
    await this.#fuse?.catch(() => undefined)
    const { clock, config, runId } = context
    const command = `kubectl delete jobs,networkpolicies,pods -n ${config.injector.namespace} -l ${runLabel}=${runId}`
    const giveUpAt = clock.now() + goneBudgetMs
    const wayOut = `${command}; or wait ${longestLookMs / 60_000} minutes, then they are gone by themselves`
    try {
      for (;;) {
        const left = await this.#sweep(context)
        if (left.length === 0) return ok(`nothing of this look is left in namespace ${config.injector.namespace}`)
        if (clock.now() >= giveUpAt) return failed(`still there: ${left.join(', ')}`, wayOut)
        await clock.sleep(pollMs)
      }
    } catch (error) {
      if (!(error instanceof FaultlineError)) throw error
      return failed(`what was made could not be taken away: ${error.message}`, wayOut)
    }
  }

  async #sweep({ cluster, config, runId }: FaultContext): Promise<readonly string[]> {
    const { namespace } = config.injector
    const options = { namespace, labelSelector: `${runLabel}=${runId}` }
    const found = (await Promise.all(ourKinds.map((kind) => cluster.objects.list<KubeObject>(kind, options)))).flat()
    const ours = found.filter(({ kind, metadata }) => kind !== 'Pod' && metadata.deletionTimestamp === undefined)
    await Promise.all(ours.map((object) => cluster.objects.delete(refOf(object), object.metadata.uid ? { uid: object.metadata.uid } : {})))
    return found.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  }
}
