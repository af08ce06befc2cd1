import { expect, it } from '@jest/globals'
import type { Pod } from '../../../lib/domain/kube.ts'
import { mostTargets } from '../../../lib/domain/suite.ts'
import { around } from '../../support/around.ts'
import { anyPod, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld } from '../../support/world.ts'

it('a step whose share of a large workload comes to more than 10,000 targets is refused before anything is done, with the figures', async () => {
  const world = await openWorld()
  try {
    const before = world.footprint()
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const found = await go()
      if (method !== 'list' || args[0].kind !== 'Pod' || args[1]?.labelSelector !== undefined) return found
      const [pod] = (found as readonly Pod[]).filter(({ metadata }) => metadata.labels?.app === 'jadevectordb')
      if (pod === undefined) return found
      return Array.from({ length: mostTargets + 1 }, (_, n) => ({
        ...pod,
        metadata: { ...pod.metadata, name: `pod-${n}`, uid: `uid-${n}` },
      }))
    })
    const all = stepOf(podDelete, { targets: { ...anyPod, count: null, percent: 100 }, blastRadius: 'all' })
    const run = await world.run(engine, suiteOf([all]))
    const message = '10001 targets are more than the 10000 that a step may have; use fewer, or several steps'
    expect(run).toMatchObject({ status: 'refused', refusals: expect.arrayContaining([{ code: 'blast_radius', step: 0, message }]) })
    expect(world.footprint()).toEqual(before)
  } finally {
    await world.close()
  }
})
