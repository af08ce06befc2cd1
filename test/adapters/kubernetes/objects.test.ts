import { afterEach, describe, expect, test } from '@jest/globals'
import { podNotFound, status } from './fake-api.ts'
import { asleepFor, closeAll, connectTo } from './harness.ts'

afterEach(closeAll)

const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' } as const
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db-0', namespace: 'db', creationTimestamp: '2026-01-05T09:00:00Z' } }
const pods = { apiVersion: 'v1', kind: 'Pod' }

function page(names: readonly string[], token = '') {
  return {
    body: { apiVersion: 'v1', kind: 'PodList', metadata: { continue: token }, items: names.map((name) => ({ metadata: { name } })) },
  }
}

describe('get', () => {
  test('returns the object as it is on the wire, times as strings', async () => {
    const { api, cluster } = await connectTo(() => ({ body: pod }))
    expect(await cluster.objects.get(ref)).toEqual(pod)
    expect(api.seen[0]).toMatchObject({ method: 'GET', url: '/api/v1/namespaces/db/pods/db-0', body: undefined })
    expect(api.seen[0]?.headers['user-agent']).toBe('faultline')
  })

  test('returns undefined for what is not there', async () => {
    const { cluster } = await connectTo(() => podNotFound('db-0'))
    expect(await cluster.objects.get(ref)).toBeUndefined()
  })

  test('throws not_found when the 404 is not about the object', async () => {
    const { cluster } = await connectTo(() => ({ status: 404, body: '404 page not found' }))
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'not_found', message: 'get Pod db/db-0: 404 404 page not found' })
  })

  test('needs no namespace for a node', async () => {
    const { api, cluster } = await connectTo(() => ({ body: pod }))
    expect(await cluster.objects.get({ apiVersion: 'v1', kind: 'Node', name: 'node1' })).toEqual(pod)
    expect(api.seen[0]?.url).toBe('/api/v1/nodes/node1')
  })
})

describe('list', () => {
  test('asked for several times in one turn is one call; asked for later it is another', async () => {
    const { api, cluster } = await connectTo(() => page(['a']))
    const [first, second] = await Promise.all([
      cluster.objects.list(pods, { namespace: 'db' }),
      cluster.objects.list(pods, { namespace: 'db' }),
      cluster.objects.list(pods, { namespace: 'web' }),
    ])
    expect([first, second]).toEqual([[{ ...pods, metadata: { name: 'a' } }], [{ ...pods, metadata: { name: 'a' } }]])
    expect(api.seen).toHaveLength(2)
    await cluster.objects.list(pods, { namespace: 'db' })
    expect(api.seen).toHaveLength(3)
  })

  test('reads every page of 500 and gives the items their kind', async () => {
    const { api, cluster } = await connectTo((_, n) => (n === 0 ? page(['a', 'b'], 'next/page=') : page(['c'])))
    const options = { namespace: 'db', labelSelector: 'app=jadevectordb,tier in (a)', fieldSelector: 'spec.nodeName=node1' }
    expect(await cluster.objects.list(pods, options)).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } },
    ])
    const queries = api.seen.map(({ url }) => Object.fromEntries(new URL(url, api.url).searchParams))
    const common = { limit: '500', labelSelector: 'app=jadevectordb,tier in (a)', fieldSelector: 'spec.nodeName=node1' }
    expect(queries).toEqual([common, { ...common, continue: 'next/page=' }])
    expect(new URL(String(api.seen[0]?.url), api.url).pathname).toBe('/api/v1/namespaces/db/pods')
  })

  test('starts anew when the server has forgotten the pages, and keeps nothing of the old ones', async () => {
    const replies = [
      page(['old'], 't1'),
      status(410, 'Expired', 'The provided continue parameter is too old'),
      page(['a'], 't2'),
      page(['b']),
    ]
    const { cluster } = await connectTo((_, n) => replies[n] ?? 'reset')
    expect((await cluster.objects.list(pods)).map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  })

  test('gives up when that happens again and again', async () => {
    const { api, cluster } = await connectTo((_, n) => (n % 2 === 0 ? page(['a'], 't') : status(410, 'Expired', 'too old')))
    await expect(cluster.objects.list(pods)).rejects.toThrow('list Pod: 410 too old')
    expect(api.seen).toHaveLength(6)
  })

  test('takes null for no items, but a body without items for an error', async () => {
    const bodies = [{ kind: 'PodList', items: null }, { kind: 'PodList' }]
    const { cluster } = await connectTo((_, n) => ({ body: bodies[n] }))
    expect(await cluster.objects.list(pods)).toEqual([])
    await expect(cluster.objects.list(pods)).rejects.toThrow('list Pod: 200, but not an answer of a Kubernetes API')
  })
})

describe('create', () => {
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny', namespace: 'db' }, spec: {} }

  test('posts the object to its collection', async () => {
    const { api, cluster } = await connectTo((request) => ({ status: 201, body: request.body }))
    expect(await cluster.objects.create(policy)).toEqual(policy)
    expect(api.seen[0]).toMatchObject({
      method: 'POST',
      url: '/apis/networking.k8s.io/v1/namespaces/db/networkpolicies?fieldManager=faultline',
      body: policy,
    })
  })

  test('asks the server only to try when it is a dry run', async () => {
    const { api, cluster } = await connectTo(() => status(403, 'Forbidden', 'exceeded quota: jobs'))
    await expect(cluster.objects.create(policy, { dryRun: true })).rejects.toMatchObject({
      code: 'forbidden',
      message: 'create NetworkPolicy db/deny (dry run): 403 exceeded quota: jobs',
    })
    expect(api.seen[0]?.url).toBe('/apis/networking.k8s.io/v1/namespaces/db/networkpolicies?fieldManager=faultline&dryRun=All')
  })
})

describe('patch', () => {
  test('an object is a merge patch, a list a JSON patch', async () => {
    const { api, cluster } = await connectTo(() => ({ body: pod }))
    const merge = { metadata: { labels: { 'faultline.dev/target': null } } }
    const operations = [{ op: 'test', path: '/metadata/uid', value: 'u1' }] as const
    await cluster.objects.patch(ref, merge)
    await cluster.objects.patch(ref, operations)
    expect(api.seen.map(({ method, headers, body }) => [method, headers['content-type'], body])).toEqual([
      ['PATCH', 'application/merge-patch+json', merge],
      ['PATCH', 'application/json-patch+json', operations],
    ])
  })
})

describe('delete', () => {
  test('is unclear when the pod is gone after an attempt that the server may have carried out', async () => {
    const gone = podNotFound('db-0')
    const { cluster, clock } = await connectTo((_, n) => (n === 0 ? { status: 500, headers: { 'retry-after': '1' }, body: 'lost' } : gone))
    const outcome = cluster.objects.delete(ref, { uid: 'u1' })
    await asleepFor(clock, 1_100)
    await clock.advance(1_100)
    expect(await outcome).toBe('unclear')
  })

  test('tells an object that is gone from one that waits for its grace or its finalizers', async () => {
    const answers = [
      { kind: 'Status', apiVersion: 'v1', status: 'Success' },
      { kind: 'Job', metadata: { deletionTimestamp: 'now' } },
    ]
    const { cluster } = await connectTo((_, n) => ({ body: answers[n] ?? {} }))
    expect(await cluster.objects.delete(ref, { uid: 'u1' })).toBe('removed')
    expect(await cluster.objects.delete(ref, { uid: 'u1' })).toBe('deleted')
  })

  test('always collects what the object owns, in the background', async () => {
    const { api, cluster } = await connectTo(() => ({ body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } }))
    expect(await cluster.objects.delete(ref)).toBe('removed')
    expect(api.seen[0]).toMatchObject({ method: 'DELETE', url: '/api/v1/namespaces/db/pods/db-0' })
    expect(api.seen[0]?.body).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' })
  })

  test('names the UID and the grace it was given, a grace of 0 too', async () => {
    const { api, cluster } = await connectTo(() => ({ status: 202, body: pod }))
    expect(await cluster.objects.delete(ref, { uid: 'u1', graceSeconds: 0 })).toBe('deleted')
    expect(api.seen[0]?.body).toMatchObject({ preconditions: { uid: 'u1' }, gracePeriodSeconds: 0, propagationPolicy: 'Background' })
  })

  test('is absent for what is not there, and a conflict for a successor', async () => {
    const conflict = status(409, 'Conflict', 'Precondition failed: UID in precondition: u1, UID in object meta: u2', {
      name: 'db-0',
      kind: 'pods',
    })
    const { cluster } = await connectTo((_, n) => (n === 0 ? podNotFound('db-0') : conflict))
    expect(await cluster.objects.delete(ref, { uid: 'u1' })).toBe('absent')
    await expect(cluster.objects.delete(ref, { uid: 'u1' })).rejects.toMatchObject({ code: 'conflict', status: 409 })
  })

  test('never goes out for a name that would take the whole collection', async () => {
    const { api, cluster } = await connectTo(() => ({ body: pod }))
    await expect(cluster.objects.delete({ ...ref, name: '' })).rejects.toMatchObject({ code: 'bad_input' })
    expect(api.seen).toHaveLength(0)
  })
})
