import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type InjectorLine, parseInjectorLog } from '../../../lib/faults/injector/protocol.ts'
import { type TestNode, until, within } from './test-node.ts'

/** The script at work: its words, and the signals it is sent. */
export class Injector {
  readonly tag: string
  readonly #node: TestNode
  readonly #main: ChildProcess
  readonly #twin: ChildProcess | null
  readonly #closed: Promise<void>
  #log = ''
  #twinLog = ''
  #stderr = ''

  constructor(
    node: TestNode,
    env: Readonly<Record<string, string>>,
    options: { readonly shell: readonly string[]; readonly twin: boolean },
  ) {
    this.#node = node
    this.tag = env.FAULTLINE_TAG ?? ''
    const start = (more: Readonly<Record<string, string>>) => node.enter(options.shell, { PATH: process.env.PATH, ...env, ...more })
    this.#main = start({})
    this.#twin = options.twin ? start({ FAULTLINE_ROLE: 'twin' }) : null
    this.#closed = new Promise((closed) => this.#main.once('close', () => closed()))
    this.#main.stdout?.on('data', (data) => {
      this.#log += String(data)
    })
    this.#main.stderr?.on('data', (data) => {
      this.#stderr += String(data)
    })
    this.#twin?.stdout?.on('data', (data) => {
      this.#twinLog += String(data)
    })
  }

  get lines(): readonly InjectorLine[] {
    return parseInjectorLog(this.#log)
  }

  get twinLines(): readonly InjectorLine[] {
    return parseInjectorLog(this.#twinLog)
  }

  /** Everything it wrote, and whatever its shell complained of. */
  get words(): string {
    return `${this.#log}${this.#stderr}`
  }

  get stderr(): string {
    return this.#stderr
  }

  of(phase: InjectorLine['phase']): readonly InjectorLine[] {
    return this.lines.filter((line) => line.phase === phase)
  }

  /** Waits for so many lines of a phase; tells what was said instead. */
  async says(
    phase: InjectorLine['phase'],
    options: { readonly count?: number; readonly budgetMs?: number } = {},
  ): Promise<readonly InjectorLine[]> {
    const { count = 1, budgetMs = 15_000 } = options
    await until(`${count} × ${phase}`, () => this.of(phase).length >= count || this.#main.exitCode !== null, budgetMs).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.words}`)
      },
    )
    if (this.of(phase).length < count) await this.#read()
    const found = this.of(phase)
    if (found.length < count) throw new Error(`it ended without ${count} × ${phase}:\n${this.words}`)
    return found
  }

  get isReady(): boolean {
    return this.#node.succeeds('test -e /tmp/faultline-ready')
  }

  /** TERM, as the kubelet sends it to every container of the pod. */
  term(): void {
    for (const pid of [this.pid('main'), ...this.#twins()]) this.#node.succeeds('kill -TERM $1', String(pid))
  }

  /** SIGKILL for some of those who could still undo. */
  killHard(...who: readonly ('main' | 'twin' | 'warden')[]): void {
    const pids = who.flatMap((one) => (one === 'twin' ? this.#twins() : [this.pid(one)]))
    // A twin's passing helpers are among them; some are gone by now.
    this.#node.succeeds('for p; do kill -9 $p; done', ...pids)
  }

  pid(role: 'main' | 'warden'): string {
    // The watcher signs a moment after the bite was told.
    const signed = 'for look in $(seq 100); do [ -s "$(echo /run/faultline/*/$1/$2)" ] && break; sleep 0.1; done'
    return this.#node.run(`${signed}; cut -d " " -f 1 /run/faultline/*/$1/$2`, this.tag, role)
  }

  #twins(): readonly string[] {
    if (this.#twin === null) return []
    const script =
      'for p in $(grep -ls "FAULTLINE_ROLE=twin" /proc/[0-9]*/environ | cut -d / -f 3); do grep -qs "FAULTLINE_TAG=$1" /proc/$p/environ && echo $p; done; true'
    return this.#node.run(script, this.tag).split('\n').filter(Boolean)
  }

  async exited(budgetMs = 15_000): Promise<number | null> {
    await until('the injector ended', () => this.#main.exitCode !== null || this.#main.signalCode !== null, budgetMs)
    await until('the twin ended', () => this.#twin === null || this.#twin.exitCode !== null || this.#twin.signalCode !== null, budgetMs)
    await this.#read()
    return this.#main.exitCode
  }

  /** Of a process that has ended, what it wrote last may still be unread; a child of its own may hold its output open for longer. */
  async #read(): Promise<void> {
    await Promise.race([this.#closed, sleep(within(1000), undefined, { ref: false })])
  }
}
