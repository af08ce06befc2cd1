import { afterEach, describe, expect, test } from '@jest/globals'
import type { Access } from '../../../lib/ports.ts'
import { closeAll, connectTo } from './harness.ts'

afterEach(closeAll)

const rules = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'
const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const evict: Access = { verb: 'create', group: '', resource: 'pods', subresource: 'eviction', namespace: 'db' }
const listPods: Access = { verb: 'list', group: '', resource: 'pods', namespace: 'db' }
const makeJobs: Access = { verb: 'create', group: 'batch', resource: 'jobs', namespace: 'db' }

/** An API server with these rules in every namespace, which allows by itself only what is in `allowed`. */
function apiWith(resourceRules: readonly object[], allowed: readonly Access[] = []) {
  return connectTo((request) => {
    const body = request.body as { spec: { resourceAttributes?: Access } }
    if (request.url === rules) return { status: 201, body: { ...body, status: { resourceRules, incomplete: false } } }
    const isAllowed = allowed.some((access) => JSON.stringify(access) === JSON.stringify(body.spec.resourceAttributes))
    return { status: 201, body: { ...body, status: { allowed: isAllowed } } }
  })
}

describe('can', () => {
  test('asks the API server about the current credentials', async () => {
    const { api, cluster } = await apiWith([], [evict])
    expect(await cluster.pods.can([evict])).toEqual([true])
    expect(await cluster.pods.can([listPods])).toEqual([false])
    expect(api.seen[0]).toMatchObject({
      method: 'POST',
      url: reviews,
      body: { kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: evict } },
    })
  })

  test('what the rules of a namespace name takes one call together', async () => {
    const { api, cluster } = await apiWith([
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'services'] },
      { verbs: ['*'], apiGroups: ['batch'], resources: ['*'] },
      { verbs: ['create'], apiGroups: [''], resources: ['pods/eviction'] },
    ])
    expect(await cluster.pods.can([listPods, makeJobs, evict])).toEqual([true, true, true])
    expect(api.seen.map(({ url }) => url)).toEqual([rules])
    expect(api.seen[0]?.body).toMatchObject({ kind: 'SelfSubjectRulesReview', spec: { namespace: 'db' } })
  })

  test('what they do not name is asked for itself', async () => {
    const { api, cluster } = await apiWith([{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }], [makeJobs])
    expect(await cluster.pods.can([listPods, makeJobs, evict])).toEqual([true, true, false])
    expect(api.seen.map(({ url }) => url)).toEqual([rules, reviews, reviews])
  })

  test.each([
    ['another verb', { verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    ['another group', { verbs: ['list'], apiGroups: ['metrics.k8s.io'], resources: ['pods'] }],
    ['a subresource', { verbs: ['list'], apiGroups: [''], resources: ['pods/log'] }],
    ['objects of some names', { verbs: ['list'], apiGroups: [''], resources: ['pods'], resourceNames: ['db-0'] }],
  ])('a rule for %s is no right', async (_, rule) => {
    const { cluster } = await apiWith([rule, { verbs: ['create'], apiGroups: ['batch'], resources: ['jobs'] }])
    expect(await cluster.pods.can([listPods, makeJobs])).toEqual([false, true])
  })

  test('the rules of a namespace are no right to the whole cluster', async () => {
    const { api, cluster } = await apiWith([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }])
    const listNodes: Access = { verb: 'list', group: '', resource: 'nodes' }
    expect(await cluster.pods.can([listPods, makeJobs, listNodes])).toEqual([true, true, false])
    expect(api.seen.map(({ url }) => url).sort()).toEqual([reviews, rules])
  })

  test('rules that are not all there are no right: another authorizer may forbid what they allow', async () => {
    const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
    const { cluster } = await connectTo(({ url, body }) => {
      const status = url === rules ? { resourceRules, incomplete: true } : { allowed: false, denied: true }
      return { status: 201, body: { ...(body as object), status } }
    })
    expect(await cluster.pods.can([listPods, makeJobs])).toEqual([false, false])
  })

  test('without rules everything is asked for itself', async () => {
    const { cluster } = await connectTo((request) =>
      request.url === rules ? { status: 404, body: {} } : { status: 201, body: { ...(request.body as object), status: { allowed: true } } },
    )
    expect(await cluster.pods.can([listPods, makeJobs])).toEqual([true, true])
  })

  test('takes no answer for neither yes nor no', async () => {
    const { cluster } = await connectTo((request) => ({ status: 201, body: request.body }))
    await expect(cluster.pods.can([listPods])).rejects.toMatchObject({ code: 'unavailable' })
  })
})
