import { startLocalSandbox } from '../sandbox/start.ts'
import { VirtualClock } from '../test/support/virtual-clock.ts'

const podsPerNode = 50
const sizes = [100, 1_000, 10_000] as const
/** Of a size; the compiler has seen the code once a size before it is measured. */
const deletions = 200
/** How much more a deletion may take among 10,000 pods than among 100. */
const mostTimes = 2

interface Size {
  readonly pods: number
  readonly nodes: number
  /** Processor time of one deletion, until the replacement is Ready. */
  readonly cpuMs: number
  /** As a multiple of the smallest size's. */
  readonly times: number
  /** From an empty cluster until all pods are Ready. */
  readonly startMs: number
}

/**
 * What the embedded cluster takes of this process for a deletion and all that follows, by how much there is: pods are deleted one after
 * the other on a virtual clock, so that nothing waits.
 */
export async function cluster() {
  const found: Size[] = []
  for (const pods of sizes) {
    const { cpuMs, startMs } = await measure(pods)
    const least = found[0]?.cpuMs ?? cpuMs
    found.push({ pods, nodes: pods / podsPerNode, cpuMs: rounded(cpuMs), times: rounded(cpuMs / least), startMs: Math.round(startMs) })
  }
  return { sizes: found, ok: found.every(({ times }) => times <= mostTimes) }
}

async function measure(pods: number): Promise<{ readonly cpuMs: number; readonly startMs: number }> {
  const clock = new VirtualClock()
  const from = performance.now()
  const sandbox = startLocalSandbox({ clock, replicas: pods, nodes: pods / podsPerNode, seed: 7 })
  try {
    await clock.advance(3_000)
    await sandbox.ready()
    const startMs = performance.now() - from
    const rounds = [await deleteSome(), await deleteSome()]
    return { cpuMs: (rounds[1] ?? Number.NaN) / deletions, startMs }
  } finally {
    await sandbox.close()
  }

  async function deleteSome(): Promise<number> {
    const begin = process.cpuUsage()
    for (let done = 0; done < deletions; done++) {
      const [victim] = sandbox.peek('pods').slice((done * 7) % pods)
      if (victim === undefined) throw new Error('there is no pod to delete')
      const { namespace, name } = victim.metadata
      await sandbox.ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}` })
      await clock.advance(5_000)
    }
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / 1000
  }
}

const rounded = (value: number) => Number(value.toFixed(2))
