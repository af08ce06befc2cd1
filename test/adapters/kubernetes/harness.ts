import { configForUrl } from '../../../lib/adapters/kubernetes/config.ts'
import { type ConnectedCluster, type ConnectOptions, connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type FakeApi, type Script, startFakeApi } from './fake-api.ts'

export interface Harness {
  readonly api: FakeApi
  readonly cluster: ConnectedCluster
  readonly clock: VirtualClock
}

const closers: (() => Promise<void>)[] = []

/** A fake API server and a connection to it on a clock that stands still; `random` is 0.5 throughout. Close with `closeAll`. */
export async function connectTo(script: Script, options: ConnectOptions = {}): Promise<Harness> {
  const api = await startFakeApi(script)
  const clock = new VirtualClock()
  const cluster = connectCluster(configForUrl(api.url, 'fake'), { clock, random: () => 0.5, ...options })
  closeLater(() => cluster.close())
  closeLater(() => api.close())
  return { api, cluster, clock }
}

/** Runs before the next test, whatever becomes of this one. */
export function closeLater(close: () => Promise<void>): void {
  closers.push(close)
}

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0)) await close()
}

/** Waits until the client sleeps for exactly `ms` from now (a pause, or the timeout of a call under way). */
export async function asleepFor(clock: VirtualClock, ms: number): Promise<void> {
  await until(() => clock.nextWake() === clock.now() + ms)
}

/** Polls real I/O; its own limit only keeps a failing test from hanging. */
export async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 5_000; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error(`never true: ${condition}`)
}
