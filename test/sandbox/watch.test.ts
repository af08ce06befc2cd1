import { afterEach, describe, expect, it } from '@jest/globals'
import { settle } from '../support/virtual-clock.ts'
import { closeAll, configMap, type Lab, merge, startLab } from './support.ts'

const aborts: AbortController[] = []
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort()
  await closeAll()
})

const maps = '/api/v1/namespaces/default/configmaps'

interface Seen {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary JSON
  readonly object: any
}

/** Opens a watch and collects its events; `until` waits for real I/O, not for time. */
async function watch(lab: Lab, query: string): Promise<{ seen: Seen[]; ended: () => boolean; until(count: number): Promise<void> }> {
  const abort = new AbortController()
  aborts.push(abort)
  const response = await fetch(`${lab.sandbox.url}${maps}?watch=true&${query}`, { signal: abort.signal })
  const seen: Seen[] = []
  let over = false
  const read = async () => {
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n')
      rest = lines.pop() ?? ''
      seen.push(...lines.map((line) => JSON.parse(line) as Seen))
    }
    over = true
  }
  void read().catch(() => undefined)
  const until = async (count: number) => {
    for (let tries = 0; seen.length < count && !over && tries < 5000; tries++) await settle(1)
  }
  return { seen, ended: () => over, until }
}

const summary = (seen: readonly Seen[]): string[] => seen.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.code}`)

describe('a watch', () => {
  it('replays the state, then streams changes', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', maps, configMap('one'))
    const { seen, until } = await watch(lab, '')
    await lab.call('POST', maps, configMap('two'))
    await lab.call('PATCH', `${maps}/two`, { data: { b: '2' } }, merge)
    await lab.call('DELETE', `${maps}/one`)
    await until(4)
    expect(summary(seen)).toEqual(['ADDED one', 'ADDED two', 'MODIFIED two', 'DELETED one'])
  })

  it('resumes after a resourceVersion without repeating anything', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', maps, configMap('one'))
    const { resourceVersion } = (await lab.call('GET', maps)).body.metadata
    await lab.call('POST', maps, configMap('two'))
    const { seen, until } = await watch(lab, `resourceVersion=${resourceVersion}`)
    await until(1)
    expect(summary(seen)).toEqual(['ADDED two'])
  })

  it('shows an object that enters or leaves the selection as added or deleted', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', maps, configMap('one'))
    const { seen, until } = await watch(lab, 'labelSelector=app')
    await lab.call('PATCH', `${maps}/one`, { metadata: { labels: { app: 'x' } } }, merge)
    await lab.call('PATCH', `${maps}/one`, { metadata: { labels: { app: null } } }, merge)
    await until(2)
    expect(summary(seen)).toEqual(['ADDED one', 'DELETED one'])
  })

  it('answers a start from before its history with a 410 event', async () => {
    const lab = await startLab({ workload: false, historySize: 4 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await lab.call('POST', maps, configMap(name))
    const { seen, until } = await watch(lab, 'resourceVersion=2')
    await until(1)
    expect(seen[0]).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
  })

  it('sends a bookmark each minute and ends at timeoutSeconds', async () => {
    const lab = await startLab({ workload: false })
    const { seen, until, ended } = await watch(lab, 'allowWatchBookmarks=true&timeoutSeconds=90')
    await lab.clock.advance(60_000)
    await until(1)
    expect(seen).toMatchObject([{ type: 'BOOKMARK', object: { kind: 'ConfigMap' } }])
    await lab.clock.advance(30_000)
    await until(99)
    expect(ended()).toBe(true)
  })
})
