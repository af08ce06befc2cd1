import { type EffectKind, effectKinds } from '../effects.ts'
import type { Signal } from '../world.ts'
import { type Action, actionNamed, type Measure, measureKind } from './actions.ts'
import type { Behaviour, Process, ProcessContext } from './behaviour.ts'
import { nodeLook } from './node-look.ts'
import { type InjectorTarget, parseTargets } from './targets.ts'

type Phase = 'before' | 'bite' | 'measure' | 'undone' | 'residue' | 'error'

interface Engaged {
  readonly target: InjectorTarget
  readonly before: Measure
  bitten: boolean
  readonly appliedAt: number
}

/** Where the amount of an action stands that is not in FAULTLINE_AMOUNT. */
const amountOf: Readonly<Record<string, string>> = {
  'degrade-network': 'FAULTLINE_DELAY_MS',
  'fail-dns': 'FAULTLINE_SHARE_PCT',
  'fault-http': 'FAULTLINE_SHARE_PCT',
}

const applyAfterMs = 300
const biteEveryMs = 250
const measureEveryMs = 2000
const undoAfterMs = 300
const twinMs = 500

/**
 * The simulated injector: applies one action to targets on its node, measures that it bites, becomes Ready, and
 * undoes on TERM or at its end. A replacement only cleans; a twin undoes 0.5 s after a hard death. A check removes what it
 * finds and says so.
 */
export const injector: Behaviour = (context) => {
  const tag = context.env.FAULTLINE_TAG ?? ''
  const node = context.pod()?.spec.nodeName ?? ''
  const targets = parseTargets(context.env.FAULTLINE_TARGETS ?? '')
  const name = context.env.FAULTLINE_ACTION ?? ''
  if (name === 'look') return nodeLook(context)
  if (name === 'check') return check(context, targets, tag)
  const mark = `${node}/${tag}`
  if (context.env.FAULTLINE_ROLE === 'twin') return twin(context, mark)
  if (context.now() > (Number(context.env.FAULTLINE_APPLY_BY ?? 0) + 1) * 1000)
    return clean(context, { targets, tag, code: 'too_late', message: 'the order had to be carried out before: only cleaned' })
  if (context.world.marks.has(mark)) return clean(context, { targets, tag, code: 'replacement', message: 'a replacement only cleans' })
  const signal: Signal = context.env.FAULTLINE_SIGNAL === 'KILL' ? 'KILL' : 'TERM'
  const { FAULTLINE_MILLICORES: millicores } = context.env
  const amount = millicores === undefined ? Number(context.env[amountOf[name] ?? 'FAULTLINE_AMOUNT'] ?? 0) : Number(millicores) / 1000
  if (name === 'degrade-network' && amount === 0) return unable(context, targets, simulatedKernel)
  const action = actionNamed(name, { tag, amount, signal })
  if (action === undefined) return unable(context, targets, { message: `unknown FAULTLINE_ACTION '${name}'` })
  context.world.marks.add(mark)
  return new Injection(context, { action, targets, mark }).process
}

const died = (mark: string) => `${mark}/died`

/** Ends once the injector beside it died hard and its undo is done. */
function twin(context: ProcessContext, mark: string): Process {
  const look = () => (context.world.marks.has(died(mark)) ? context.exit(0) : later())
  const later = () => void context.at(context.now() + biteEveryMs, look)
  later()
  return { terminate: () => context.exit(0) }
}

interface Inability {
  readonly message: string
  readonly code?: string
}

/** As on a node whose kernel has no netem: the fault cannot be had here. */
const simulatedKernel: Inability = { message: 'of a degraded network only latency is simulated', code: 'kernel_lacks' }

function unable(context: ProcessContext, targets: readonly InjectorTarget[], why: Inability): Process {
  for (const target of targets) report(context, target, { phase: 'error', ok: false, ...why })
  context.at(context.now(), () => context.exit(2))
  return {}
}

function report(
  context: ProcessContext,
  target: InjectorTarget,
  line: { phase: Phase; ok: boolean; measure?: Measure; heldMs?: number; message?: string; code?: string },
): void {
  const { phase, ok, measure = {}, heldMs, message = '', code = '' } = line
  const also = heldMs === undefined ? [] : [{ name: 'held for', unit: 'ms', value: heldMs }]
  context.log(JSON.stringify({ at: context.now(), target: target.podUid, phase, ok, ...measure, code, also, message }))
}

function absent(context: ProcessContext, target: InjectorTarget): string | undefined {
  const node = context.pod()?.spec.nodeName ?? ''
  const located = context.world.machines.locate(target.podUid, target.container)
  if (located?.node === node) return undefined
  return `no process of pod ${target.podUid} (${target.namespace}/${target.pod}/${target.container}) on node ${node}`
}

function leftovers(context: ProcessContext, target: InjectorTarget, tag: string): EffectKind[] {
  const left = context.world.effects.withTag(target.podUid, tag).map((effect) => effect.kind)
  return effectKinds.filter((kind) => left.includes(kind))
}

function check(context: ProcessContext, targets: readonly InjectorTarget[], tag: string): Process {
  context.at(context.now() + applyAfterMs, () => {
    for (const target of targets) {
      const left = leftovers(context, target, tag)
      context.world.effects.remove(target.podUid, (one) => one.tag === tag)
      const asked = actionNamed(context.env.FAULTLINE_OF ?? 'stress-memory', { tag, amount: 0, signal: 'TERM' })
      const measure =
        left[0] === undefined && asked !== undefined
          ? asked.measure(context.world, target)
          : measureKind(context.world, target, left[0] ?? 'memory')
      const message = left.length === 0 ? '' : `was left behind and is removed now: ${left.join(', ')}`
      report(context, target, { phase: 'residue', ok: leftovers(context, target, tag).length === 0, measure, message })
    }
    context.exit(0)
  })
  return { terminate: () => context.exit(0) }
}

function clean(
  context: ProcessContext,
  { targets, tag, code, message }: { readonly targets: readonly InjectorTarget[]; readonly tag: string; code: string; message: string },
): Process {
  context.at(context.now() + undoAfterMs, () => {
    for (const target of targets) {
      const kind = leftovers(context, target, tag)[0] ?? 'memory'
      context.world.effects.remove(target.podUid, (one) => one.tag === tag)
      report(context, target, {
        phase: 'undone',
        ok: true,
        measure: measureKind(context.world, target, kind),
        message,
        code,
      })
    }
    context.exit(0)
  })
  return { isReady: () => false, terminate: () => context.exit(0) }
}

class Injection {
  readonly #context: ProcessContext
  readonly #action: Action
  readonly #engaged: Engaged[] = []
  readonly #pending: InjectorTarget[]
  readonly #mark: string
  #ending = false

  constructor(
    context: ProcessContext,
    order: { readonly action: Action; readonly targets: readonly InjectorTarget[]; readonly mark: string },
  ) {
    this.#context = context
    this.#mark = order.mark
    this.#action = order.action
    this.#pending = [...order.targets]
    const endsAt = Number(context.env.FAULTLINE_ENDS_AT ?? 0) * 1000
    context.at(context.now() + applyAfterMs, () => this.#apply())
    if (endsAt > 0) context.at(endsAt, () => this.#end())
  }

  get process(): Process {
    return {
      isReady: () => this.#pending.length === 0 && this.#engaged.every((one) => one.bitten),
      terminate: () => this.#end(),
      killed: () => this.#killed(),
    }
  }

  #apply(): void {
    const { world } = this.#context
    if (this.#ending) return
    for (const target of this.#pending.splice(0)) {
      const missing = absent(this.#context, target)
      const before = this.#action.measure(world, target)
      if (missing === undefined) report(this.#context, target, { phase: 'before', ok: true, measure: before })
      const failure = missing ?? this.#action.apply(world, target)
      if (failure === undefined) this.#engaged.push({ target, before, bitten: false, appliedAt: this.#context.now() })
      else report(this.#context, target, { phase: 'error', ok: false, message: failure })
    }
    this.#bite()
  }

  #bite(): void {
    if (this.#ending) return
    for (const one of this.#engaged.filter(({ bitten }) => !bitten)) {
      const now = this.#action.measure(this.#context.world, one.target)
      if (!this.#action.bites(one.before, now)) continue
      one.bitten = true
      report(this.#context, one.target, { phase: 'bite', ok: true, measure: now, ...this.#held(one) })
    }
    this.#context.changed()
    if (this.#engaged.every(({ bitten }) => bitten)) this.#measureLater()
    else this.#context.at(this.#context.now() + biteEveryMs, () => this.#bite())
  }

  /** A kill holds nothing. */
  #held({ appliedAt }: Engaged): { readonly heldMs?: number } {
    const { FAULTLINE_ACTION: action = '' } = this.#context.env
    return action === 'kill' || action === 'crashloop' ? {} : { heldMs: this.#context.now() - appliedAt }
  }

  #measureLater(): void {
    this.#context.at(this.#context.now() + measureEveryMs, () => {
      if (this.#ending) return
      for (const one of this.#engaged) {
        const { target, before } = one
        const measure = this.#action.measure(this.#context.world, target)
        const ok = absent(this.#context, target) === undefined && this.#action.bites(before, measure)
        report(this.#context, target, { phase: 'measure', ok, measure, ...this.#held(one) })
      }
      this.#measureLater()
    })
  }

  #end(): void {
    if (this.#ending) return
    this.#ending = true
    for (const { target } of this.#engaged) this.#action.undo(this.#context.world, target)
    this.#context.at(this.#context.now() + undoAfterMs, () => {
      for (const { target } of this.#engaged) {
        const measure = this.#action.measure(this.#context.world, target)
        const ok = this.#action.undone(this.#context.world, target)
        report(this.#context, target, { phase: 'undone', ok, measure })
      }
      this.#context.exit(0)
    })
  }

  #killed(): void {
    const { world } = this.#context
    world.cluster.timers.after(twinMs, () => {
      for (const { target } of this.#engaged) this.#action.undo(world, target)
      world.marks.add(died(this.#mark))
    })
  }
}
