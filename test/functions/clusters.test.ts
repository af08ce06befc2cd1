import { expect, it } from '@jest/globals'
import { Clusters } from '../../functions/shared/clusters.ts'
import type { Settings } from '../../functions/shared/settings.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { nine } from '../contracts/records.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

it('a cluster is known while a process is warm, and known anew after ten minutes: it may have been made again under its name', async () => {
  const clock = new VirtualClock(nine)
  const first = await startSandbox({ workload: false, seed: 1 })
  const { url } = first
  const clusters = new Clusters({ region: 'eu-central-1', deployment: { clusters: { embedded: { url } } } } as unknown as Settings, clock)
  const before = await clusters.reach()
  await first.close()
  const second = await startSandbox({ workload: false, seed: 2, port: Number(new URL(url).port) })
  try {
    expect((await clusters.reach()).ref.uid).toBe(before.ref.uid)
    await clock.advance(600_000)
    expect((await clusters.reach()).ref.uid).not.toBe(before.ref.uid)
    await expect(clusters.connect(before.ref)).rejects.toMatchObject({ code: 'refused' })
  } finally {
    await second.close()
  }
})
