import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { injectorScript } from '../../../lib/faults/injector/script/injector-script.ts'
import { Injector } from './injector.ts'
import { type PodOptions, TestPod } from './test-pod.ts'

const tools = [
  'unshare',
  'nsenter',
  'ip',
  'tc',
  'iptables-nft',
  'iptables-legacy',
  'ipset',
  'ping',
  'curl',
  'fallocate',
  'timeout',
  'ps',
  'busybox',
  'conntrack',
  'dnsdist',
  'drill',
  'haproxy',
]

const slowness = Number(process.env.FAULTLINE_TEST_SLOWNESS ?? 1)

/** An order's last moment, this long after it was given: enough for a busy machine. */
const applySeconds = 60

/** A budget of a quick, idle machine: so many times as long where one is emulated or busy. */
export const within = (ms: number): number => ms * slowness

/** This Node inside a test's node, whose /tmp (perhaps the very place of this checkout) is another one. */
export const nodeInside = '/run/tools/node'

const setup = `
  mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/kubelet/pods /run/tools || exit 1
  mount --bind "$1" /run/tools && mount -t tmpfs tmpfs /tmp || exit 1
  ip link set lo up && ip link add br0 type bridge && ip addr add 10.77.0.1/24 dev br0 && ip link set br0 up || exit 1
  ip -6 addr add fd77::1/64 dev br0 nodad || exit 1
  echo ready; sleep infinity & wait`

/**
 * A node of the test's own: PID, mount and network namespaces whose first process the script takes for the node's. Everything
 * that is made in it goes with it; only cgroups are the machine's, and are removed by `stop`.
 */
export class TestNode {
  readonly pid: number
  readonly #process: ChildProcess
  readonly #pods: TestPod[] = []
  readonly #inside: ChildProcess[] = []

  private constructor(process: ChildProcess, pid: number) {
    this.#process = process
    this.pid = pid
  }

  /** Fails loudly where this is not Linux, not root, or a tool is missing. */
  static async start(): Promise<TestNode> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('test:linux needs Linux and root')
    const missing = tools.filter((tool) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`]).status !== 0)
    if (missing.length > 0)
      throw new Error(
        `test:linux needs ${missing.join(', ')}: apt-get install iptables ipset iproute2 iputils-ping curl procps util-linux busybox conntrack dnsdist ldnsutils haproxy`,
      )
    const child = spawn(
      'unshare',
      ['--pid', '--mount', '--net', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', setup, 'sh', dirname(process.execPath)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await new Promise<void>((ready, failed) => {
      child.stdout?.once('data', () => ready())
      child.once('exit', () => failed(new Error('the node did not start')))
    })
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    return new TestNode(child, Number(children.trim()))
  }

  /** What `nsenter` needs before a command of this node. */
  get #entry(): readonly string[] {
    return ['-t', String(this.pid), '-p', '-m', '-n', '--']
  }

  /** Output of a shell command in the node; throws when it fails. */
  run(script: string, ...args: readonly string[]): string {
    return execFileSync('nsenter', [...this.#entry, 'sh', '-c', `PATH=$PATH:/usr/sbin:/sbin; ${script}`, 'sh', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 16 * 1024 * 1024,
    }).trim()
  }

  succeeds(script: string, ...args: readonly string[]): boolean {
    return spawnSync('nsenter', [...this.#entry, 'sh', '-c', `PATH=$PATH:/usr/sbin:/sbin; ${script}`, 'sh', ...args]).status === 0
  }

  /** Starts a program in the node, with its output as pipes. */
  enter(command: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcessByStdio<null, Readable, Readable> {
    const child = spawn('nsenter', [...this.#entry, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#inside.push(child)
    return child
  }

  /** A pod with one running container. */
  async pod(options: PodOptions & { readonly main?: string } = {}): Promise<TestPod> {
    const pod = new TestPod(this, { ...options, uid: randomUUID(), number: this.#pods.length + 2 })
    this.#pods.push(pod)
    await pod.start('main', options.main ?? polite)
    return pod
  }

  /** Starts the script that ships, as a Job would. */
  inject(
    environment: Readonly<Record<string, string>>,
    options: { readonly shell?: readonly string[]; readonly twin?: boolean } = {},
  ): Injector {
    const env = { FAULTLINE_TAG: `t-${randomBytes(4).toString('hex')}`, FAULTLINE_APPLY_BY: seconds(applySeconds), ...environment }
    return new Injector(this, env, { shell: options.shell ?? ['sh', '-c', injectorScript], twin: options.twin ?? false })
  }

  /** Starts the check that looks for what an injector left. */
  check({ tag }: Injector, { of, pod }: { readonly of: string; readonly pod: TestPod }): Injector {
    return this.inject({ FAULTLINE_ACTION: 'check', FAULTLINE_OF: of, FAULTLINE_TARGETS: pod.line(), FAULTLINE_TAG: tag })
  }

  async stop(): Promise<void> {
    for (const pod of this.#pods) pod.killAll()
    this.#process.kill('SIGKILL')
    // An nsenter whose command was stopped is stopped, too, and outlives it.
    for (const child of this.#inside) child.kill('SIGKILL')
    for (const pod of this.#pods) await pod.removeCgroups()
  }
}

/** Main processes: one that ends at TERM, one that (as a bare PID 1) ignores it. */
export const polite = 'trap "exit 0" TERM; sleep infinity & wait'
export const stubborn = 'exec sleep infinity'

/** A look that starts programs takes as much of the machine as what it looks at: no more than a quarter of the time is spent on looks. */
const restPerLook = 3

/** Polls until it holds; says what it waited for when it never does. */
export async function until(what: string, holds: () => boolean, budgetMs = 10_000): Promise<number> {
  const from = performance.now()
  for (;;) {
    const began = performance.now()
    if (holds()) return performance.now() - from
    const took = performance.now() - began
    if (performance.now() - from > within(budgetMs)) throw new Error(`waited ${budgetMs} ms for this, in vain: ${what}`)
    await sleep(Math.max(50, restPerLook * took))
  }
}

/** Nothing of an injector is left later than so long after its end: the promise, not what it usually takes. */
export const promisedMs = 10_000

/** Of an injection that has to bite before its end: so many seconds on a quick, idle machine. */
export const lasting = (quick: number): number => quick * slowness

export const seconds = (fromNow: number): string => String(Math.ceil(Date.now() / 1000 + fromNow))
