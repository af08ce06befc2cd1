import { afterEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import { around } from '../../support/around.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
const ns = 'jadevectordb-system'

afterEach(() => world.close())

async function refusals(suite = suiteOf([stepOf(partition)]), engine = world.engine()): Promise<readonly string[]> {
  const run = await world.run(engine, suite)
  return run.status === 'refused' ? run.refusals.map(({ message }) => message) : []
}

async function firstPod(): Promise<string> {
  const pods = await world.play(world.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: ns }))
  return pods[0]?.metadata.name ?? ''
}

const partitionOf = (targets: object) => {
  const step = stepOf(partition)
  return suiteOf([{ ...step, targets: { ...step.targets, ...targets } }])
}

describe('a refusal says what was probably meant, from what is there:', () => {
  it('a namespace', async () => {
    world = await openWorld()
    const suite = { ...suiteOf([stepOf(partition)]), namespace: 'jadevectordb-sytem' }
    expect(await refusals(suite)).toContain(`namespace jadevectordb-sytem does not exist: did you mean ${ns}?`)
  })

  it('not a namespace that is nothing like it, nor one that may not be listed', async () => {
    world = await openWorld()
    expect(await refusals({ ...suiteOf([stepOf(partition)]), namespace: 'elsewhere' })).toContain('namespace elsewhere does not exist')
    const forbidden = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'list' && Object(args[0]).kind === 'Namespace') throw new KubernetesError('forbidden', 403, 'not allowed')
      return go()
    })
    const suite = { ...suiteOf([stepOf(podDelete)]), namespace: 'jadevectordb-sytem' }
    expect(await refusals(suite, forbidden)).toContain('namespace jadevectordb-sytem does not exist')
  })

  it('the value of a label, the label, or what there is', async () => {
    const found = async (selector: string) => {
      world = await openWorld()
      const [told] = (await refusals(partitionOf({ selector }))).filter((text) => text.startsWith('no pod matches'))
      await world.close()
      return told
    }
    expect(await found('app=jadevectorbd')).toBe(`no pod matches app=jadevectorbd in namespace ${ns}; did you mean app=jadevectordb?`)
    expect(await found('ap=jadevectordb')).toContain('; did you mean the label app?')
    expect(await found('app=elsewhere')).toContain('; pods there have app=jadevectordb')
    expect(await found('app=jadevectordb,app notin (jadevectordb)')).toBe(
      `no pod matches app=jadevectordb,app notin (jadevectordb) in namespace ${ns}`,
    )
  })

  it('an owner, and a pod', async () => {
    world = await openWorld()
    const owned = await refusals(partitionOf({ owner: 'deployment/jadevectorbd' }))
    expect(owned).toContainEqual(expect.stringMatching(/; did you mean deployment\/jadevectordb\?$/))
    await world.close()
    world = await openWorld()
    const pod = await firstPod()
    const named = await refusals(partitionOf({ names: [`${pod}x`], percent: 100 }))
    expect(named).toContainEqual(expect.stringMatching(new RegExp(`^pod ${pod}x is not among .*; did you mean ${pod}\\?$`)))
  })
})
