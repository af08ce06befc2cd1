import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod } from '../../lib/domain/kube.ts'
import { bites, faultline, type Running, shell } from './command.ts'
import type { Observer } from './observer.ts'
import type { Options } from './options.ts'
import { type Place, until } from './place.ts'

/** What a hostile scenario plays on: a state directory of its own, the command, and what sees the truth. */
export interface Stage {
  readonly place: Place
  readonly observer: Observer
  readonly options: Options
  readonly directory: string
  /** `faultline inject …`, with the driver's own account unless another kubeconfig is named. */
  inject(args: readonly string[], kubeconfig?: string): Running
  /** The same, once it bites; fails where it does not come to that. */
  injected(args: readonly string[], kubeconfig?: string): Promise<Running>
  /** `faultline reap`, once. */
  reap(args?: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>
  /** What the last run of this state directory is told to have been. */
  told(): Promise<Told>
  /** Reboots a node and waits until it answers again; where the command line names no way, `undefined`. */
  readonly reboot: ((node: string) => Promise<void>) | undefined
  /** A Ready pod of the workload; on that node, if one is named. */
  target(node?: string): Promise<Pod>
  /** What the last run printed. */
  lastOutput(): string
  /** Ends (and so undoes) a run that a scenario left, and forgets its records. */
  close(): Promise<void>
}

/** The parts of `faultline show --json` that are held against the truth. */
export interface Told {
  readonly verdict: string
  readonly reasons: readonly string[]
  readonly reasonCodes: readonly string[]
  readonly abort: { readonly reason: string; readonly by: string; readonly cause?: string; readonly detail: string } | null
  readonly steps: readonly {
    readonly endCauses: readonly string[]
    readonly changes: readonly { readonly code: string | null; readonly target: string; readonly message: string }[]
    readonly plannedAt: string | null
    readonly activeAt: string | null
    readonly plannedEnd: string | null
    readonly revertedAt: string | null
  }[]
}

/** Opens a stage with a state directory of its own. */
export function openStage({ place, observer, options }: Pick<Stage, 'place' | 'observer' | 'options'>): Stage {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const images = ['--injector-image', options.injectorImage, '--injector-namespace', place.injectors, '--fuse-image', options.fuseImage]
  const pause = options.pauseImage === undefined ? [] : ['--pause-image', options.pauseImage]
  const workload = ['-n', place.namespace, '--selector', 'app=e2e']
  let last: Running | undefined
  const inject = (args: readonly string[], kubeconfig = place.account.kubeconfig) => {
    last = faultline(['inject', ...args, '--kubeconfig', kubeconfig, ...workload, ...images, ...pause], directory)
    return last
  }
  const { rebootCommand } = options
  return {
    place,
    observer,
    options,
    directory,
    inject,
    async injected(args, kubeconfig) {
      const run = inject(args, kubeconfig)
      await bites(run)
      if (!run.output().includes('it bites')) throw new Error(`no bite: ${run.output().slice(-1500)}`)
      return run
    },
    async reap(args = []) {
      const run = faultline(['reap', ...images, ...args], directory)
      return { code: await run.done, output: run.output() }
    },
    async told() {
      const shown = faultline(['show', 'latest', '--json'], directory)
      await shown.done
      return JSON.parse(shown.output()) as Told
    },
    reboot: rebootCommand === undefined ? undefined : (node) => reboot(rebootCommand, node, { observer, directory }),
    async target(node) {
      await place.ready()
      const found = (await place.pods()).find((pod) => node === undefined || pod.spec.nodeName === node)
      if (found === undefined) throw new Error(`no pod of the workload runs on ${node}`)
      return found
    },
    lastOutput: () => last?.output() ?? '',
    async close() {
      if (last !== undefined && !last.isOver()) last.kill('SIGINT')
      await last?.done
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function reboot(
  command: string,
  node: string,
  { observer, directory }: { readonly observer: Observer; readonly directory: string },
): Promise<void> {
  const bootId = () => observer.onNode(node, 'cat /proc/1/root/proc/sys/kernel/random/boot_id')
  const before = await bootId()
  const run = shell(command.replaceAll('{node}', node), directory)
  const code = await run.done
  if (code !== 0) throw new Error(`"${command}" ended with ${code}: ${run.output()}`)
  await until(`${node} is up again`, async () => (await bootId().catch(() => before)) !== before)
}

/** Reaps until everything is proven undone, as a person would who is told to reap again; what the last reap printed. */
export async function reapUntilProven(stage: Stage, args: readonly string[] = []): Promise<string> {
  let output = ''
  await until(
    'everything is proven undone by reaping',
    async () => {
      const reaped = await stage.reap(args)
      output = reaped.output
      return reaped.code === 0 && /^[1-9]\d* runs? reaped/m.test(output)
    },
    1000,
  )
  return output
}

/** Until nothing of ours acts anywhere; what was still there in the end otherwise. */
export async function untilNothingActs(observer: Observer, forMs: number): Promise<readonly string[]> {
  const giveUpAt = Date.now() + forMs
  for (;;) {
    const left = await observer.effects().catch((error: unknown) => [`not seen: ${error instanceof Error ? error.message : error}`])
    if (left.length === 0 || Date.now() > giveUpAt) return left
  }
}
