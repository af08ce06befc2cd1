import { reapUntilProven, type Stage, untilNothingActs } from '../stage.ts'
import { type Kind, kinds } from './kinds.ts'
import { type Account, type HostileScenario, inShort, listed, says } from './scenario.ts'

/** How long the fault is to hold, s: longer than a node takes to be there again. */
const holdSeconds = 40
/** How long everything of ours may take to go after the end of the run, ms: a check's pod on a node that is busy. */
const goneWithinMs = 60_000

/** A node that is rebooted in the middle of each kind, with the runner alive and dead. */
export const reboots: readonly HostileScenario[] = kinds.flatMap((kind) =>
  (['alive', 'dead'] as const).map((runner) => ({
    name: `reboot, runner ${runner}: ${kind.name}`,
    play: (stage) => play(stage, kind, runner),
  })),
)

async function play(stage: Stage, kind: Kind, runner: 'alive' | 'dead'): Promise<Account> {
  const { reboot, observer, options, place } = stage
  if (reboot === undefined) return { told: 'NOT RUN: --reboot-command names no way to reboot a node', truth: '', agree: undefined }
  const target = await stage.target()
  const node = target.spec.nodeName ?? ''
  const whom = kind.isDrain ? ['--node', node] : ['--targets', target.metadata.name]
  const account = kind.isDrain ? options.kubeconfig : place.account.kubeconfig
  const run = await stage.injected([...kind.args, ...whom, '--duration', `${holdSeconds}`], account)
  const plannedEnd = Date.now() + holdSeconds * 1000
  if (runner === 'dead') run.kill()
  await reboot(node)
  const again = await seenOn(stage, node, () => (runner === 'alive' ? run.isOver() : Date.now() > plannedEnd))
  await run.done
  if (runner === 'dead') await reapUntilProven(stage)
  const left = await untilNothingActs(observer, goneWithinMs)
  await place.ready()
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
