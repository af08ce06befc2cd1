import { beforeEach, describe, expect, test } from '@jest/globals'
import { type SeenLists, seenListsOf } from '../../../lib/engine/lease/seen-lists.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const pods = { apiVersion: 'v1', kind: 'Pod' }
const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
const here = { namespace: 'db' }
const job = { ...jobs, metadata: { name: 'fuse', namespace: 'db' } }
const pod = { ...pods, metadata: { name: 'db-0', namespace: 'db' } }

let clock: VirtualClock
let lists: SeenLists
let whileListing: () => Promise<unknown>

beforeEach(() => {
  clock = new VirtualClock()
  whileListing = async () => undefined
  const cluster = {
    objects: {
      list: async () => {
        await whileListing()
        return [pod]
      },
      create: async (object: object) => object,
      patch: async () => pod,
      delete: async () => 'deleted',
    },
    pods: { evict: async () => ({ outcome: 'evicted', message: '' }) },
  } as unknown as Cluster
  lists = seenListsOf(cluster, clock)
})

describe('what this process listed a moment ago', () => {
  test('is there for a moment, and only with those very options', async () => {
    await lists.cluster.objects.list(pods, here)
    await clock.advance(500)
    expect(lists.list(pods, here, 500)).toEqual([pod])
    expect(lists.list(pods, { ...here, labelSelector: 'a=b' }, 500)).toBeUndefined()
    expect(lists.list(pods, { namespace: 'web' }, 500)).toBeUndefined()
    await clock.advance(1)
    expect(lists.list(pods, here, 500)).toBeUndefined()
  })

  test.each([
    ['a patch', () => lists.cluster.objects.patch({ ...pods, ...here, name: 'db-0' }, {})],
    ['a delete', () => lists.cluster.objects.delete({ ...pods, ...here, name: 'db-0' })],
    ['an eviction', () => lists.cluster.pods.evict({ ...here, name: 'db-0', uid: 'u' })],
    ['a Job, which has pods', () => lists.cluster.objects.create(job)],
  ])('is forgotten after %s of its own', async (_, write) => {
    await lists.cluster.objects.list(pods, here)
    await write()
    expect(lists.list(pods, here, 500)).toBeUndefined()
  })

  test('is kept where it changed something else, or only asked what would be', async () => {
    await lists.cluster.objects.list(jobs, here)
    await lists.cluster.objects.patch({ ...pods, ...here, name: 'db-0' }, {})
    await lists.cluster.objects.create(job, { dryRun: true })
    expect(lists.list(jobs, here, 500)).toEqual([pod])
  })

  test('is not kept where it changed something while the list was read', async () => {
    whileListing = () => lists.cluster.objects.patch({ ...pods, ...here, name: 'db-0' }, {})
    await lists.cluster.objects.list(pods, here)
    expect(lists.list(pods, here, 500)).toBeUndefined()
  })

  test('is shared by the drivers of one process', async () => {
    await lists.cluster.objects.list(pods, here)
    expect(seenListsOf(lists.cluster, clock)).toBe(lists)
  })
})
