import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'
import type { HostAnswer, HostRequest } from './lambda-host.ts'

export type FunctionShortName = 'start' | 'advance' | 'reap' | 'look' | 'control' | 'halt' | 'resume' | 'approve'

/** One function as the template describes it. */
export interface FunctionSpec {
  /** E.g. `faultline-dev-start`. */
  readonly name: string
  /** E.g. `functions/start.handler`. */
  readonly handler: string
  readonly zip: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface InvokeOptions {
  readonly requestId?: string
  /** The alias that it is invoked by; it stands in the ARN that the function is told. */
  readonly alias?: string
  readonly timeoutMs?: number
}

/** Killed by Lambda, as at a timeout. */
class TimedOut extends Error {}

interface Environment {
  readonly child: ChildProcess
  /** Loaded; what that takes is not counted, as with Lambda. */
  readonly ready: Promise<unknown>
  busy: boolean
}

const host = fileURLToPath(new URL('lambda-host.ts', import.meta.url))

/**
 * Plays AWS Lambda for one packaged function: the zip itself is unpacked, and every concurrent invocation has a process of its own under
 * plain Node, kept warm for the next one and killed at the timeout.
 */
export class LocalFunction {
  readonly spec: FunctionSpec
  readonly #root: string
  readonly #log: (line: string) => void
  readonly #environments: Environment[] = []

  private constructor(spec: FunctionSpec, root: string, log: (line: string) => void) {
    this.spec = spec
    this.#root = root
    this.#log = log
  }

  static async open(spec: FunctionSpec, log: (line: string) => void): Promise<LocalFunction> {
    const root = await mkdtemp(join(tmpdir(), `${spec.name}-`))
    const files = unzipSync(new Uint8Array(await readFile(spec.zip)))
    for (const [name, content] of Object.entries(files)) {
      if (name.endsWith('/')) continue
      await mkdir(join(root, dirname(name)), { recursive: true })
      await writeFile(join(root, name), content)
    }
    return new LocalFunction(spec, root, log)
  }

  /** The function's answer. @throws TimedOut, or an error with the function's own name and message */
  async invoke(event: unknown, { requestId = randomUUID(), alias, timeoutMs = this.spec.timeoutMs }: InvokeOptions = {}): Promise<unknown> {
    const environment = this.#take()
    await environment.ready
    const request: HostRequest = { event, requestId, alias, functionName: this.spec.name, endsAt: Date.now() + timeoutMs }
    const answer = await ask(environment.child, request)
    environment.busy = false
    if (answer === 'timed out' || answer === 'died') {
      this.#environments.splice(this.#environments.indexOf(environment), 1)
      throw new TimedOut(`${this.spec.name} ${requestId} ${answer} after ${timeoutMs} ms`)
    }
    if (answer.ok) return answer.result
    throw Object.assign(new Error(answer.message), { name: answer.name })
  }

  async kill(): Promise<void> {
    await Promise.all(this.#environments.map(({ child }) => ended(child)))
  }

  async close(): Promise<void> {
    await this.kill()
    await rm(this.#root, { recursive: true, force: true })
  }

  #take(): Environment {
    const idle = this.#environments.find(({ busy }) => !busy)
    const environment = idle ?? this.#start()
    if (idle === undefined) this.#environments.push(environment)
    environment.busy = true
    return environment
  }

  #start(): Environment {
    const file = `./${this.spec.handler.replace(/\.[^.]+$/, '')}.mjs`
    const { PATH, HOME } = process.env
    const env = { PATH, HOME, ...this.spec.env, LAMBDA_TASK_ROOT: this.#root }
    const child = fork(host, [file], { cwd: this.#root, env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((part) => part !== '')) this.#log(line)
      })
    }
    const ready = new Promise((resolve) => {
      child.once('message', resolve)
      child.once('exit', resolve)
    })
    return { child, ready, busy: true }
  }
}

function ask(child: ChildProcess, request: HostRequest): Promise<HostAnswer | 'timed out' | 'died'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      over('timed out')
    }, request.endsAt - Date.now())
    const onMessage = (answer: HostAnswer) => over(answer)
    const onExit = () => over('died')
    const over = (outcome: HostAnswer | 'timed out' | 'died') => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(outcome)
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
    if (child.connected) child.send(request)
    else over('died')
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
