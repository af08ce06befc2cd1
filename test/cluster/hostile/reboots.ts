import { type Pod, refOf } from '../../../lib/domain/kube.ts'
import type { Running } from '../command.ts'
import { until } from '../place.ts'
import { reapUntilProven, type Stage, untilNothingActs } from '../stage.ts'
import { type Kind, kinds } from './kinds.ts'
import { type Account, inShort, listed, says } from './scenario.ts'

/** How long the fault is to hold, s: longer than a node takes to be there again. */
const holdSeconds = 40
/** How long everything of ours may take to go after the end of the run, ms: a check's pod on a node that is busy. */
const goneWithinMs = 60_000

/** A kind, and whether its runner outlives the reboot. */
export interface Reboot {
  readonly name: string
  readonly kind: Kind
  readonly runner: 'alive' | 'dead'
}

/** A node that is rebooted in the middle of each kind, with the runner alive and dead. */
export const reboots: readonly Reboot[] = kinds.flatMap((kind) =>
  (['alive', 'dead'] as const).map((runner) => ({ name: `reboot, runner ${runner}: ${kind.name}`, kind, runner })),
)

/** In rounds of so many with one reboot each, every run in a place of its own; a drain, which empties the node for all, goes alone. */
export function rebootRounds(chosen: readonly Reboot[], places: number): readonly (readonly Reboot[])[] {
  const drains = chosen.filter(({ kind }) => kind.isDrain)
  const others = chosen.filter(({ kind }) => !kind.isDrain)
  const rounds = Array.from({ length: Math.ceil(others.length / places) }, (_, n) => others.slice(n * places, (n + 1) * places))
  return [...rounds, ...drains.map((drain) => [drain])]
}

/** One reboot in the middle of all of these; each is told against what is true. */
export async function playReboots(stages: readonly Stage[], round: readonly Reboot[]): Promise<readonly Account[]> {
  const { reboot, observer } = stages[0] ?? {}
  const node = observer?.nodes[0]
  if (reboot === undefined || node === undefined)
    return round.map(() => ({ told: 'NOT RUN: --reboot-command names no way to reboot a node', truth: '', agree: undefined }))
  const begun = round.map((one, n) => begin(stages[n], one, node))
  const settled = await Promise.allSettled(begun)
  const at = Date.now()
  if (settled.some(({ status }) => status === 'fulfilled')) await reboot(node)
  return Promise.all(
    settled.map((one) => {
      if (one.status === 'rejected') return { told: String(one.reason), truth: 'not rebooted', agree: false }
      const isInTheMiddle = one.value.plannedEnd > at
      return isInTheMiddle ? finish(one.value, node) : { told: 'NOT RUN: another of this round was slow to bite', truth: '', agree: false }
    }),
  )
}

/** A run that bites, as the node is about to go. */
interface Begun extends Reboot {
  readonly stage: Stage
  readonly run: Running
  readonly plannedEnd: number
}

async function begin(stage: Stage | undefined, reboot: Reboot, node: string): Promise<Begun> {
  if (stage === undefined) throw new TypeError('more runs in a round than places')
  const { kind, runner } = reboot
  const target = await targetOn(stage, node)
  const whom = kind.isDrain ? ['--node', node] : ['--targets', target.metadata.name]
  const account = kind.isDrain ? stage.options.kubeconfig : stage.place.account.kubeconfig
  const run = await stage.injected([...kind.args, ...whom, '--duration', `${holdSeconds}`], account)
  if (runner === 'dead') run.kill()
  return { ...reboot, stage, run, plannedEnd: Date.now() + holdSeconds * 1000 }
}

/** A pod of the workload on the node; after a drain it may hold none, and the scheduler puts a new one where the fewest are. */
async function targetOn({ place, target }: Stage, node: string): Promise<Pod> {
  await until(`the workload has a pod on ${node}`, async () => {
    await place.ready()
    const pods = await place.pods()
    const isThere = pods.some(({ spec }) => spec.nodeName === node)
    if (!isThere && pods[0] !== undefined) await place.cluster.objects.delete(refOf(pods[0]))
    return isThere
  })
  return target(node)
}

async function finish({ stage, run, kind, runner, plannedEnd }: Begun, node: string): Promise<Account> {
  const again = await seenOn(stage, node, () => (runner === 'alive' ? run.isOver() : Date.now() > plannedEnd))
  await run.done
  if (runner === 'dead') await reapUntilProven(stage)
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  const told = await stage.told()
  const isRight = runner === 'dead' ? told.verdict === 'aborted' : kind.reboot === 'stays' || toldOfNode(told)
  const agree = again.length === 0 && left.length === 0 && isRight
  return { told: inShort(told), truth: `${node} booted anew; applied again: ${listed(again)}; left: ${listed(left)}`, agree }
}

function toldOfNode(told: Parameters<typeof inShort>[0]): boolean {
  return told.verdict !== 'succeeded' && says(told, /node_lost|booted anew/)
}

/** What acted on the node from its reboot until then; injectors that only clean do not act. */
async function seenOn({ observer }: Stage, node: string, isOver: () => boolean): Promise<readonly string[]> {
  const seen = new Set<string>()
  while (!isOver()) {
    for (const effect of await observer.effectsOn(node).catch(() => [])) if (!effect.startsWith('process of an injector')) seen.add(effect)
  }
  return [...seen]
}
