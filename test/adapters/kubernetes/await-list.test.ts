import { afterEach, describe, expect, test } from '@jest/globals'
import { configForUrl } from '../../../lib/adapters/kubernetes/config.ts'
import { connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/start.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { closeAll, closeLater, until } from './harness.ts'

afterEach(closeAll)

const pods = { apiVersion: 'v1', kind: 'Pod' }
const namespace = 'jadevectordb-system'
const options = { namespace, maxMs: 60_000 }

/** A cluster whose time stands still, its client, and how often a kind of request was made. */
async function startLab(): Promise<{ sandbox: Sandbox; cluster: Cluster; clock: VirtualClock; asked: string[] }> {
  const clock = new VirtualClock()
  const sandbox = await startSandbox({ clock, seed: 1, replicas: 2 })
  closeLater(() => sandbox.close())
  const ready = sandbox.ready()
  await clock.advance(10_000)
  await ready
  const cluster = connectCluster(configForUrl(sandbox.url, 'sandbox'), { clock })
  closeLater(() => cluster.close())
  const asked: string[] = []
  sandbox.disturb(({ method, query }) => {
    asked.push(query.get('watch') === 'true' ? 'WATCH' : method)
    return undefined
  })
  return { sandbox, cluster, clock, asked }
}

async function awaitPods(cluster: Cluster, isThere: (pods: readonly Pod[]) => boolean, change: object = {}) {
  return cluster.awaitList?.<Pod>(pods, { ...options, ...change }, isThere)
}

describe('a list that is waited for', () => {
  test('is there at once where it says so already: one call', async () => {
    const { cluster, asked } = await startLab()
    expect(await awaitPods(cluster, (found) => found.length === 2)).toBe('there')
    expect(asked).toEqual(['GET'])
  })

  test('is followed by one watch, whatever happens meanwhile, until it says so', async () => {
    const { cluster, asked, clock } = await startLab()
    const [first] = await cluster.objects.list<Pod>(pods, { namespace })
    const names: (readonly string[])[] = []
    const waited = awaitPods(cluster, (found) => {
      names.push(found.map(({ metadata }) => metadata.name))
      return found.length > 1 && !found.some(({ metadata }) => metadata.uid === first?.metadata.uid)
    })
    await until(() => asked.includes('WATCH'))
    await cluster.objects.delete({ ...pods, namespace, name: first?.metadata.name ?? '' }, { graceSeconds: 0 })
    for (let second = 0; second < 10; second++) await clock.advance(1_000)
    expect(await waited).toBe('there')
    expect(names.length).toBeGreaterThan(2)
    expect(asked).toEqual(['GET', 'GET', 'WATCH', 'DELETE'])
  })

  test('is followed on where it is to be kept: the next wait for it costs no call, also one beside it, until that is over', async () => {
    const { cluster, asked, clock } = await startLab()
    const keep = new AbortController()
    const kept = { keep: keep.signal }
    const first = awaitPods(cluster, (found) => found.length > 2, { ...kept, maxMs: 1_000 })
    await until(() => asked.includes('WATCH'))
    await clock.advance(1_000)
    expect(await first).toBe('over')
    const [gone] = await cluster.objects.list<Pod>(pods, { namespace })
    const isGone = (found: readonly Pod[]) => !found.some(({ metadata }) => metadata.uid === gone?.metadata.uid)
    const both = [awaitPods(cluster, isGone, kept), awaitPods(cluster, isGone, kept)]
    await cluster.objects.delete({ ...pods, namespace, name: gone?.metadata.name ?? '' }, { graceSeconds: 0 })
    for (let second = 0; second < 10; second++) await clock.advance(1_000)
    expect(await Promise.all(both)).toEqual(['there', 'there'])
    expect(await awaitPods(cluster, isGone, kept)).toBe('there')
    expect(asked).toEqual(['GET', 'WATCH', 'GET', 'DELETE'])
    keep.abort()
    expect(await awaitPods(cluster, (found) => found.length > 1, kept)).toBe('there')
    expect(asked).toEqual(['GET', 'WATCH', 'GET', 'DELETE', 'GET'])
  })

  test('that was to be kept and broke is listed and followed anew by the next wait', async () => {
    const { cluster, sandbox } = await startLab()
    const kept = { keep: new AbortController().signal }
    const asked: string[] = []
    sandbox.disturb(({ query }) => {
      asked.push(query.get('watch') === 'true' ? 'WATCH' : 'LIST')
      return query.get('watch') === 'true' && asked.length === 2 ? { drop: true } : undefined
    })
    expect(await awaitPods(cluster, () => false, kept)).toBe('over')
    expect(await awaitPods(cluster, (found) => found.length === 2, kept)).toBe('there')
    expect(asked.slice(0, 3)).toEqual(['LIST', 'WATCH', 'LIST'])
  })

  test('is given up when its time is over, and when the caller stops waiting', async () => {
    const { cluster, asked, clock } = await startLab()
    const waited = awaitPods(cluster, () => false)
    await until(() => asked.includes('WATCH'))
    await clock.advance(60_000)
    expect(await waited).toBe('over')
    const stop = new AbortController()
    const stopped = awaitPods(cluster, () => false, { signal: stop.signal })
    await until(() => asked.filter((one) => one === 'WATCH').length === 2)
    stop.abort()
    expect(await stopped).toBe('over')
  })

  test('is given up in time also where the list itself is not answered', async () => {
    const { cluster, sandbox, clock } = await startLab()
    let isAsked = false
    sandbox.disturb(() => {
      isAsked = true
      return { hang: true }
    })
    const waited = awaitPods(cluster, () => true, { maxMs: 2_000 })
    await until(() => isAsked)
    await clock.advance(2_000)
    expect(await waited).toBe('over')
  })

  test('is over when the way to it breaks', async () => {
    const { cluster, sandbox } = await startLab()
    sandbox.disturb(({ query }) => (query.get('watch') === 'true' ? { drop: true } : undefined))
    expect(await awaitPods(cluster, () => false)).toBe('over')
  })

  test('is not asked for again where watching is not allowed', async () => {
    const { cluster, sandbox, asked } = await startLab()
    sandbox.forbid({ verb: 'watch', resource: 'pods' })
    expect(await awaitPods(cluster, () => false)).toBe('cannot')
    expect(await awaitPods(cluster, () => false)).toBe('cannot')
    expect(asked).toEqual(['GET', 'WATCH'])
  })
})
