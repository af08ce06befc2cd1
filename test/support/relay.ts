import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { start } from '../../lib/engine/start.ts'
import type { Hook, World } from './world.ts'

export interface RelayOptions {
  /** How long each invocation may last. */
  readonly timeMs: number
  readonly handOver: { readonly firstMs: number; readonly againMs: number; readonly leaveMs: number }
  /** When the n-th call for a successor is delivered, in ms after it was made, each time it is; [] loses it. */
  readonly deliver?: (call: number) => readonly number[]
  readonly hook?: (invocation: number) => Hook | undefined
  /** Something between the engine and its surroundings. */
  readonly through?: (engine: Engine) => Engine
}

/** What became of one invocation: the run's status when it left, or the error's code. */
export interface Left {
  readonly owner: string
  readonly at: number
  readonly endsAt: number
  readonly outcome: string
}

/** Drivers whose time is limited, and an event bus between them that may lose, repeat and reorder. */
export class Relay {
  readonly left: Left[] = []
  calls = 0
  readonly #world: World
  readonly #options: RelayOptions
  #begun = 0
  #open: Promise<unknown>[] = []

  constructor(world: World, options: RelayOptions) {
    this.#world = world
    this.#options = options
  }

  /** Plays a whole run, and whatever is delivered for it, to the end. */
  async run(suite: Suite, key = 'relay'): Promise<Run> {
    const { run } = await start(this.#world.engine('driver-1'), this.#world.request(suite, key))
    await this.#world.play(this.#all(run.id))
    const last = await this.#world.store.runs.load(run.id)
    if (last === undefined) throw new Error(`run ${run.id} is not stored`)
    return last
  }

  async #all(runId: string): Promise<void> {
    this.#open.push(this.#invoke(runId))
    while (this.#open.length > 0) {
      const [first] = this.#open
      await first
      this.#open = this.#open.filter((other) => other !== first)
    }
  }

  async #invoke(runId: string): Promise<void> {
    const { clock } = this.#world
    const { timeMs, handOver } = this.#options
    const n = ++this.#begun
    const owner = `driver-${n}`
    const endsAt = clock.now() + timeMs
    const hook = this.#options.hook?.(n)
    const through = this.#options.through ?? ((given) => given)
    const engine = through(this.#world.engine(owner, { config: { handOver }, ...(hook === undefined ? {} : { hook }) }))
    const budget = { remainingMs: () => endsAt - clock.now(), handOver: async () => this.#call(runId) }
    const outcome = await drive(engine, runId, { budget }).then(
      (run) => run.status,
      (error: unknown) => (error instanceof FaultlineError ? error.code : String(error)),
    )
    this.left.push({ owner, at: clock.now(), endsAt, outcome })
  }

  #call(runId: string): void {
    const delays = this.#options.deliver?.(++this.calls) ?? [200]
    for (const ms of delays) this.#open.push(this.#world.clock.sleep(ms).then(() => this.#invoke(runId)))
  }
}
