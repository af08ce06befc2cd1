import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { LocalSandbox, SandboxOptions } from '../../sandbox/start.ts'
import { startLocalSandbox } from '../../sandbox/start.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { countWork, type WorkCounter } from './work.ts'

const open: LocalSandbox[] = []
let counter: WorkCounter
beforeAll(async () => {
  counter = await countWork()
})
afterAll(() => counter.stop())
afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
})

/** What may come on top for ten times as many: a few steps of a search in a sorted list. */
const tolerance = 1.1
const namespace = 'jadevectordb-system'

interface Place {
  readonly sandbox: LocalSandbox
  readonly clock: VirtualClock
}

async function startWith(replicas: number, options: SandboxOptions = {}): Promise<Place> {
  const clock = new VirtualClock()
  const sandbox = startLocalSandbox({ clock, seed: 7, nodes: 10, replicas, ...options })
  open.push(sandbox)
  await clock.advance(3000)
  await sandbox.ready()
  return { sandbox, clock }
}

const podsOf = ({ sandbox }: Place, name = 'jadevectordb') => sandbox.peek('pods').filter(({ metadata }) => metadata.labels?.app === name)

/** Of one deletion, until a replacement is Ready. */
async function workOfDeletion(place: Place, app = 'jadevectordb'): Promise<number> {
  const before = podsOf(place, app)
  const victim = before[3]
  if (victim === undefined) throw new Error('there is no pod to delete')
  const path = `/api/v1/namespaces/${victim.metadata.namespace}/pods/${victim.metadata.name}`
  const work = await counter.during(async () => {
    expect((await place.sandbox.ask({ method: 'DELETE', path })).status).toBe(200)
    await place.clock.advance(5000)
  })
  const after = podsOf(place, app)
  expect(after).toHaveLength(before.length)
  expect(after.map(({ metadata }) => metadata.uid)).not.toContain(victim.metadata.uid)
  return work
}

async function growth(workOf: (place: Place) => Promise<number>, options: SandboxOptions = {}): Promise<number> {
  const few = await workOf(await startWith(100, options))
  expect(few).toBeGreaterThan(100)
  return (await workOf(await startWith(1000, options))) / few
}

const ask = async ({ sandbox }: Place, method: string, path: string, body?: object) => {
  const answer = await sandbox.ask({ method, path, ...(body === undefined ? {} : { body }) })
  expect(answer.status).toBeLessThan(300)
  return answer
}

describe('a deletion on the embedded cluster', () => {
  it('takes as much work among 1,000 pods as among 100', async () => {
    expect(await growth(workOfDeletion)).toBeLessThan(tolerance)
  })

  it('does so under a disruption budget and a policy, and while its Service is asked', async () => {
    const work = async (place: Place) => {
      const policy = { metadata: { name: 'cut' }, spec: { podSelector: { matchLabels: { target: 'yes' } }, policyTypes: ['Ingress'] } }
      await ask(place, 'POST', `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`, policy)
      const askService = () => ask(place, 'GET', `/api/v1/namespaces/${namespace}/services/jadevectordb/proxy/health`)
      await askService()
      await place.clock.advance(1000)
      return (await workOfDeletion(place)) + (await counter.during(askService))
    }
    expect(await growth(work, { disruptionBudget: true })).toBeLessThan(tolerance)
  })

  it('does so in a StatefulSet', async () => {
    const work = async (place: Place) => {
      const replicas = podsOf(place).length
      const labels = { app: 'db' }
      const template = { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'db:1' }] } }
      const spec = { replicas, serviceName: 'db', podManagementPolicy: 'Parallel', selector: { matchLabels: labels }, template }
      await ask(place, 'POST', `/apis/apps/v1/namespaces/${namespace}/statefulsets`, { metadata: { name: 'db' }, spec })
      await place.clock.advance(5000)
      return workOfDeletion(place, 'db')
    }
    expect(await growth(work)).toBeLessThan(tolerance)
  })
})

describe('a page of a list on the embedded cluster', () => {
  it('takes as much work among 1,000 pods as among 100, wherever it begins', async () => {
    const page = async (place: Place) => {
      const list = `/api/v1/namespaces/${namespace}/pods?limit=20`
      const { continue: next } = ((await ask(place, 'GET', list)).body as { metadata: { continue: string } }).metadata
      return counter.during(async () => {
        const { metadata, items } = (await ask(place, 'GET', `${list}&continue=${next}`)).body as { metadata: object; items: object[] }
        expect(items).toHaveLength(20)
        expect(metadata).toMatchObject({ remainingItemCount: podsOf(place).length - 40 })
      })
    }
    // A page alone is little work: the search for its begin shows.
    expect(await growth(page)).toBeLessThan(1.2)
  })
})
