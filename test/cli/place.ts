import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '../../sandbox/start.ts'
import { faultlineBin } from '../support/command.ts'
import { type Answer, faultline } from './fake-terminal.ts'

/** A state directory, an embedded cluster in the test's own process with a kubeconfig for it, and child processes that use them. */
export class Place {
  readonly directory: string
  readonly sandbox: Sandbox
  readonly #children: ChildProcess[] = []

  constructor(directory: string, sandbox: Sandbox) {
    this.directory = directory
    this.sandbox = sandbox
  }

  get state(): string {
    return join(this.directory, 'state')
  }

  get kubeconfig(): string {
    return join(this.directory, 'kubeconfig')
  }

  /** Where every command of a test works. */
  get flags(): readonly string[] {
    return ['--state', this.state, '--kubeconfig', this.kubeconfig]
  }

  /** A file in the directory. */
  async file(name: string, content: object | string): Promise<string> {
    const path = join(this.directory, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  /** A command in this process, on this state directory. */
  faultline(...args: readonly string[]): Promise<Answer> {
    return faultline([...args, '--state', this.state])
  }

  /** A command as a process of its own. */
  spawn(...args: readonly string[]): Spawned {
    const { NO_COLOR: _, FORCE_COLOR: __, KUBECONFIG: ___, ...env } = process.env
    const child = spawn(process.execPath, [faultlineBin, ...args], {
      env: { ...env, HOME: this.directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.push(child)
    return new Spawned(child)
  }

  /** Waits until the newest run is in a state. */
  async untilRunIs(state: string): Promise<string> {
    for (let tries = 0; tries < 300; tries++) {
      const { out } = await this.faultline('runs', '--json')
      const [newest] = (JSON.parse(out) as { readonly runs: readonly { readonly run: string; readonly state: string }[] }).runs
      if (newest?.state === state) return newest.run
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`no run became ${state}`)
  }

  /** What a command must leave as it was: identity, labels, annotations and spec of every object but events. */
  footprint(): readonly string[] {
    const objects = this.sandbox.objects().filter((object) => object.kind !== 'Event')
    return objects
      .map(({ kind, metadata, ...rest }) => {
        const { namespace, name, uid, labels, annotations, ownerReferences } = metadata
        return JSON.stringify({
          kind,
          namespace,
          name,
          uid,
          labels: labels ?? {},
          annotations,
          ownerReferences,
          spec: 'spec' in rest ? rest.spec : null,
        })
      })
      .sort()
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.sandbox.close()
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** A running command. */
export class Spawned {
  readonly child: ChildProcess
  readonly #end: Promise<unknown>
  out = ''
  err = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.#end = once(child, 'close')
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
    })
  }

  async end(): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    await this.#end
    return { code: this.child.exitCode, out: this.out, err: this.err }
  }

  async untilOut(text: string): Promise<void> {
    for (let tries = 0; tries < 800; tries++) {
      if (this.out.includes(text)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`"${text}" never came; stdout was:\n${this.out}\nstderr was:\n${this.err}`)
  }
}

/** Opens a place with a ready workload of three pods. */
export async function openPlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-cli-'))
  const place = new Place(directory, await startSandbox({ startDelayMs: 100, stopDelayMs: 100 }))
  await place.sandbox.ready()
  await place.file('kubeconfig', place.sandbox.kubeconfig())
  return place
}

/** A suite with one partition, by NetworkPolicy. */
export function partitionSuite(seconds: number): object {
  const params = { partition_type: 'random', mechanism: 'policy' }
  return { name: 'Cut', gracePeriod: 0, experiments: [{ name: 'Cut', type: 'network_partition', params, duration: seconds }] }
}
