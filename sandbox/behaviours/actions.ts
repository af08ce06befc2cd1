import type { EffectKind } from '../effects.ts'
import { limitsOf } from '../usage.ts'
import type { Pod } from '../wire.ts'
import type { Signal, World } from '../world.ts'
import type { InjectorTarget } from './targets.ts'

/** What an injector measures about one target. */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly value: number
}

/** One thing an injector can do; `apply` answers why it could not, if so. */
export interface Action {
  measure(world: World, target: InjectorTarget): Measure
  apply(world: World, target: InjectorTarget): string | undefined
  bites(before: Measure, now: Measure): boolean
  undo(world: World, target: InjectorTarget): void
  undone(world: World, target: InjectorTarget): boolean
}

interface Parameters {
  readonly tag: string
  readonly amount: number
  readonly signal: Signal
}

const names: Record<EffectKind, readonly [string, string]> = {
  memory: ['memory', 'MiB'],
  cpu: ['cpu', 'cores'],
  disk: ['disk', 'MiB'],
  network: ['network', 'kbit/s'],
  load: ['rate out', 'kbit/s'],
  cut: ['reachable', 'peers'],
  latency: ['latency', 'ms'],
  dns: ['queries failed', '%'],
  http: ['requests failed', '%'],
  loop: ['restarts', 'count'],
  pause: ['standing still', 'processes'],
}

function podOf(world: World, target: InjectorTarget): Pod | undefined {
  return world.cluster.store.byUid(target.podUid) as Pod | undefined
}

/** What a target's figure of one kind is now; 0 when the target is gone. */
export function measureKind(world: World, target: InjectorTarget, kind: EffectKind): Measure {
  const pod = podOf(world, target)
  const [name, unit] = names[kind]
  if (pod === undefined) return { name, unit, value: 0 }
  const usage = world.usage(pod)
  const value: Record<EffectKind, number> = {
    memory: usage.memoryMiB,
    cpu: usage.cpuCores,
    disk: usage.diskMiB,
    network: usage.networkKbit,
    load: usage.sentKbit,
    cut: usage.cut ? 0 : 1,
    latency: usage.latencyMs,
    dns: usage.dnsFailing,
    http: usage.httpFaulted,
    loop: restarts(world, target).value,
    pause: usage.paused ? 1 : 0,
  }
  return { name, unit, value: Math.round(value[kind] * 1000) / 1000 }
}

const evictionDelayMs = 20_000

function tooMuch(world: World, target: InjectorTarget, kind: EffectKind, amount: number): string | undefined {
  const pod = podOf(world, target)
  if (pod === undefined) return 'the target is gone'
  const limits = limitsOf(pod)
  const now = world.usage(pod)
  if (kind === 'memory' && limits.memoryMiB !== undefined && now.memoryMiB + amount > limits.memoryMiB) {
    world.machines.outOfMemory(target.podUid, target.container)
    return `OOMKilled: ${amount} MiB more would pass the limit of ${limits.memoryMiB} MiB, and the target's process died for it`
  }
  if (kind === 'disk' && limits.diskMiB !== undefined && now.diskMiB + amount > limits.diskMiB) {
    const message = `Usage of EmptyDir or ephemeral storage exceeds the total limit "${limits.diskMiB}Mi".`
    world.cluster.timers.after(evictionDelayMs, () => {
      const usage = podOf(world, target)
      if (usage !== undefined && world.usage(usage).diskMiB > (limits.diskMiB ?? 0)) world.machines.evict(target.podUid, message)
    })
  }
  return undefined
}

function effectAction(kind: EffectKind, { tag, amount }: Parameters): Action {
  const rising = kind !== 'network' && kind !== 'cut'
  return {
    measure: (world, target) => measureKind(world, target, kind),
    apply: (world, target) => {
      const refusal = tooMuch(world, target, kind, amount)
      if (refusal === undefined) world.effects.add({ podUid: target.podUid, tag, kind, amount })
      return refusal
    },
    bites: (before, now) => (rising ? now.value > before.value : now.value < before.value),
    undo: (world, { podUid }) => world.effects.remove(podUid, (one) => one.tag === tag),
    undone: (world, { podUid }) => world.effects.withTag(podUid, tag).length === 0,
  }
}

function restarts(world: World, target: InjectorTarget): Measure {
  const value = world.machines.locate(target.podUid, target.container)?.restarts ?? 0
  return { name: 'restarts', unit: 'count', value }
}

function killAction({ signal }: Parameters): Action {
  return {
    measure: restarts,
    apply: (world, { podUid, container }) =>
      world.machines.signal(podUid, container, signal) ? undefined : 'no process of this container runs',
    bites: (before, now) => now.value > before.value,
    undo: () => undefined,
    undone: () => true,
  }
}

function loopAction({ tag, signal }: Parameters): Action {
  const active = (world: World, { podUid }: InjectorTarget) => world.effects.withTag(podUid, tag).length > 0
  return {
    measure: restarts,
    apply: (world, target) => {
      const { podUid, container } = target
      world.effects.add({ podUid, tag, kind: 'loop', amount: 1 })
      const stop = world.machines.onStart(podUid, container, () => {
        if (active(world, target)) world.machines.signal(podUid, container, signal)
        else stop()
      })
      world.machines.signal(podUid, container, signal)
      return undefined
    },
    bites: (before, now) => now.value >= before.value + 2,
    undo: (world, { podUid }) => world.effects.remove(podUid, (one) => one.tag === tag),
    undone: (world, target) => !active(world, target),
  }
}

/** The action an injector was asked for; undefined for an unknown name. */
export function actionNamed(name: string, parameters: Parameters): Action | undefined {
  const kinds: Record<string, EffectKind> = {
    'stress-memory': 'memory',
    'stress-cpu': 'cpu',
    'fill-disk': 'disk',
    'limit-network': 'network',
    'load-network': 'load',
    'cut-network': 'cut',
    'degrade-network': 'latency',
    'fail-dns': 'dns',
    'fault-http': 'http',
    freeze: 'pause',
  }
  const kind = kinds[name]
  if (kind !== undefined) return effectAction(kind, parameters)
  if (name === 'kill') return killAction(parameters)
  if (name === 'crashloop') return loopAction(parameters)
  return undefined
}
