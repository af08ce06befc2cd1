import { setTimeout as sleep } from 'node:timers/promises'
import { isReady, refOf } from '../../lib/domain/kube.ts'
import { seededRandom, shuffled } from '../../lib/domain/random.ts'
import { outputTail } from './command.ts'
import { type Kind, kinds } from './hostile/kinds.ts'
import { until } from './place.ts'
import { openStage, type Stage, untilNothingActs } from './stage.ts'

/** One SIGKILL of the runner at a random moment. */
export interface Kill {
  readonly kind: string
  readonly way: 'reaped' | 'fuse alone'
  /** Since the command was started, s. */
  readonly at: number
  /** From the kill until nothing acted any more, s. */
  readonly goneAfter: number
  /** The same from the fault's planned end, where it had begun; negative: before it. */
  readonly lateBy: number | null
  /** What still acted when the longest had passed that a fault may outlive its runner. */
  readonly left: readonly string[]
  readonly note: string
}

/** How long each fault is asked to hold, s. */
const holdSeconds = 8
/** Kills fall into this time after the start, ms: the command's own start, the injection, the hold and most of the undo. */
const windowMs = [200, 14_000] as const
/**
 * The longest a fault may outlive its runner, s: 20 before it is active, its duration, 10 more (docs/faults.md); and what a busy cluster
 * takes to end a pod, and the observers to see it.
 */
const mayOutliveSeconds = 20 + holdSeconds + 10 + 20

/** A kill as the seed has it. */
interface Draw {
  readonly kind: Kind
  readonly afterMs: number
  readonly way: Kill['way']
}

/** Which kinds, in which order, when, and how they end; the same for the same seed. */
function drawn(count: number, seed: number): readonly Draw[] {
  const random = seededRandom(seed)
  const order = Array.from({ length: Math.ceil(count / kinds.length) }, () => shuffled(kinds, random)).flat()
  return order.slice(0, count).map((kind, i) => ({
    kind,
    afterMs: Math.round(windowMs[0] + random() * (windowMs[1] - windowMs[0])),
    way: i % 2 === 0 ? 'reaped' : 'fuse alone',
  }))
}

/**
 * Kills the runner so often, over all kinds in turn; every second run is reaped, the others are left to their fuses. With several places
 * there are as many runs at a time, each in its own; what acts on nodes is seen of all of them, so that the times are upper bounds.
 */
export async function playKills(
  places: readonly Pick<Stage, 'place' | 'observer' | 'options'>[],
  { count, seed, tell }: { readonly count: number; readonly seed: number; readonly tell: (kill: Kill) => void },
): Promise<readonly Kill[]> {
  const draws = drawn(count, seed)
  const kills: Kill[] = []
  for (let i = 0; i < draws.length; i += places.length) {
    const round = draws.slice(i, i + places.length).map((draw, lane) => inPlace(places[lane], draw))
    for (const kill of await Promise.all(round)) {
      kills.push(kill)
      tell(kill)
    }
  }
  return kills
}

async function inPlace(open: Pick<Stage, 'place' | 'observer' | 'options'> | undefined, draw: Draw): Promise<Kill> {
  if (open === undefined) throw new TypeError('more kills in a round than places')
  const stage = openStage(open)
  try {
    return await playKill(stage, draw)
  } catch (error) {
    const note = `${error instanceof Error ? error.message : 'failed'} ${stage.lastOutput().slice(-outputTail)}`
    return { kind: draw.kind.name, way: draw.way, at: draw.afterMs / 1000, goneAfter: 0, lateBy: null, left: ['not known'], note }
  } finally {
    await stage.close()
  }
}

async function playKill(stage: Stage, { kind, afterMs, way }: Draw): Promise<Kill> {
  await whole(stage)
  const { options, place, observer } = stage
  const target = await stage.target()
  const whom = kind.isDrain ? ['--node', target.spec.nodeName ?? ''] : ['--targets', target.metadata.name]
  const account = kind.isDrain ? options.kubeconfig : place.account.kubeconfig
  const run = stage.inject([...kind.args, ...whom, '--duration', `${holdSeconds}`], account)
  await sleep(afterMs)
  run.kill()
  const killedAt = Date.now()
  await run.done
  const words = way === 'reaped' ? await reap(stage) : ''
  const left = await untilNothingActs(observer, mayOutliveSeconds * 1000)
  const goneAt = Date.now()
  // What a fuse leaves are a record and labels without effect.
  if (way === 'fuse alone') await reap(stage)
  const planned = run.output().includes('it bites') ? await plannedEnd(stage) : null
  return {
    kind: kind.name,
    way,
    at: afterMs / 1000,
    goneAfter: (goneAt - killedAt) / 1000,
    lateBy: planned === null ? null : (goneAt - planned) / 1000,
    left,
    note: left.length === 0 ? '' : `${run.output().slice(-outputTail)} ${words}`,
  }
}

async function plannedEnd(stage: Stage): Promise<number | null> {
  const [step] = (await stage.told()).steps
  return step?.plannedEnd == null ? null : Date.parse(step.plannedEnd)
}

/** Reaps until no run is left that is not over. */
async function reap(stage: Stage): Promise<string> {
  let words = ''
  await until(
    'no run is left by reaping',
    async () => {
      const { code, output } = await stage.reap(['--kubeconfig', stage.options.kubeconfig])
      words = output
      return code === 0 && output.includes(' 0 alive')
    },
    1000,
  )
  return words
}

/** Pods that a crash loop's back-off holds up are made anew, so that the next kill need not wait for it. */
async function whole({ place }: Stage): Promise<void> {
  for (const pod of await place.pods()) if (!isReady(pod)) await place.cluster.objects.delete(refOf(pod))
  await place.ready()
}

/** How many, and how late at most. */
export function killsInShort(kills: readonly Kill[], seed: number): string {
  const of = (way: Kill['way']) => kills.filter((kill) => kill.way === way)
  const most = (figures: readonly (number | null)[]) => Math.max(...figures.filter((f) => f !== null), Number.NEGATIVE_INFINITY)
  const line = (way: Kill['way']) => {
    const [begun, other] = [of(way).filter((kill) => kill.lateBy !== null), of(way).filter((kill) => kill.lateBy === null)]
    const figures = [
      ...(begun.length === 0
        ? []
        : [`${begun.length} while it held, ${most(begun.map((k) => k.lateBy)).toFixed(1)} s after its planned end at most`]),
      ...(other.length === 0 ? [] : [`${other.length} before, ${most(other.map((k) => k.goneAfter)).toFixed(1)} s after the kill at most`]),
    ]
    return `${way} ${of(way).length} (${figures.join('; ')})`
  }
  const left = kills.filter((kill) => kill.left.length > 0)
  return `seed ${seed}: ${kills.length} kills; ${line('reaped')}; ${line('fuse alone')}; effects left: ${left.length}`
}
