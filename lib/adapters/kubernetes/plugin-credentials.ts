import type { Clock } from '../../ports.ts'
import type { Access } from './access.ts'
import { type ExecCredential, runExecPlugin } from './exec-plugin.ts'
import type { ExecPlugin, KubeCluster } from './kubeconfig.ts'

/** After a failure, and longest: a login that is down is not asked several times a second, and an undo waits 10 s for it at most. */
const firstPauseMs = 1_000
const longestPauseMs = 10_000

export interface PluginOptions {
  readonly plugin: ExecPlugin
  readonly cluster: KubeCluster | null
  readonly clock: Pick<Clock, 'now'>
  readonly run?: typeof runExecPlugin
}

/** What an exec plugin gave, until it expires or is refused; calls at the same moment share one run, and one that failed is backed off. */
export class PluginCredentials {
  readonly #options: PluginOptions
  #current: ExecCredential | null = null
  #failures = 0
  #failure: unknown = null
  #pausedUntil = Number.NEGATIVE_INFINITY
  #renewedAt = Number.NEGATIVE_INFINITY
  #running: Promise<ExecCredential> | null = null

  constructor(options: PluginOptions) {
    this.#options = options
  }

  async read(): Promise<ExecCredential> {
    const now = this.#options.clock.now()
    if (this.#current !== null && (this.#current.expiresAt ?? Number.POSITIVE_INFINITY) > now) return this.#current
    if (now < this.#pausedUntil) throw this.#failure
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  /** After a 401 on `refused`. False where it was asked for anew just now: asking it again for each call would change nothing. */
  forget(refused: Access): boolean {
    const now = this.#options.clock.now()
    if (this.#current === null || !isOf(this.#current, refused)) return true
    if (now - this.#renewedAt < longestPauseMs) return false
    this.#renewedAt = now
    this.#current = null
    return true
  }

  async #run(): Promise<ExecCredential> {
    const { plugin, cluster, run = runExecPlugin } = this.#options
    try {
      this.#current = await run(plugin, cluster)
      this.#failures = 0
      return this.#current
    } catch (error) {
      this.#pause(error)
      throw error
    }
  }

  #pause(failure: unknown): void {
    this.#failures += 1
    this.#failure = failure
    this.#pausedUntil = this.#options.clock.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1))
  }
}

function isOf({ token, cert }: ExecCredential, { headers, tls }: Access): boolean {
  return token === null ? tls.cert === cert : headers.Authorization === `Bearer ${token}`
}
