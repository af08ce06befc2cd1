import { afterEach, describe, expect, it } from '@jest/globals'
import { closeAll, configMap, jsonPatchType, merge, startLab, strategic } from './support.ts'

afterEach(closeAll)
const maps = '/api/v1/namespaces/default/configmaps'

describe('reading and writing objects', () => {
  it('creates, reads, replaces and deletes', async () => {
    const { call } = await startLab({ workload: false })
    const made = await call('POST', maps, configMap('one'))
    expect(made.status).toBe(201)
    expect(made.body.metadata).toMatchObject({ name: 'one', namespace: 'default', creationTimestamp: '2026-01-05T09:00:00Z' })
    const put = await call('PUT', `${maps}/one`, { ...made.body, data: { a: '2' } })
    expect([put.status, put.body.data]).toEqual([200, { a: '2' }])
    const gone = await call('DELETE', `${maps}/one`)
    expect(gone.body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'one', kind: 'configmaps' } })
    const missing = await call('GET', `${maps}/one`)
    expect(missing.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "one" not found',
      reason: 'NotFound',
      details: { name: 'one', kind: 'configmaps' },
      code: 404,
    })
  })

  it('refuses a second object of a name, a stale write and another UID with 409, in a patch with 422', async () => {
    const { call } = await startLab({ workload: false })
    const made = await call('POST', maps, configMap('one'))
    expect((await call('POST', maps, configMap('one'))).body).toMatchObject({ code: 409, reason: 'AlreadyExists' })
    await call('PATCH', `${maps}/one`, { data: { b: '1' } }, merge)
    expect((await call('PUT', `${maps}/one`, made.body)).body).toMatchObject({ code: 409, reason: 'Conflict' })
    const stale = { metadata: { resourceVersion: made.body.metadata.resourceVersion } }
    expect((await call('PATCH', `${maps}/one`, stale, merge)).body).toMatchObject({ code: 409, reason: 'Conflict' })
    const otherUid = await call('PATCH', `${maps}/one`, { metadata: { uid: 'other' } }, merge)
    expect(otherUid.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'ConfigMap "one" is invalid: metadata.uid: Invalid value: "other": field is immutable',
    })
    const withOtherUid = { ...made.body, metadata: { name: 'one', uid: 'other' } }
    expect((await call('PUT', `${maps}/one`, withOtherUid)).body.message).toContain('Precondition failed: UID in precondition: other')
    expect((await call('DELETE', `${maps}/one`, { preconditions: { uid: 'other' } })).status).toBe(409)
  })

  it('invents a name from generateName', async () => {
    const { call } = await startLab({ workload: false })
    const made = await call('POST', maps, { metadata: { generateName: 'run-' } })
    expect(made.body.metadata.name).toMatch(/^run-[a-z0-9]{5}$/)
  })

  it('stores nothing on a dry run, and still says what would be refused', async () => {
    const { call } = await startLab({ workload: false })
    expect((await call('POST', `${maps}?dryRun=All`, configMap('one'))).status).toBe(201)
    expect((await call('GET', `${maps}/one`)).status).toBe(404)
    await call('POST', '/api/v1/namespaces/default/resourcequotas', {
      metadata: { name: 'q' },
      spec: { hard: { 'count/configmaps': '0' } },
    })
    const refused = await call('POST', `${maps}?dryRun=All`, configMap('one'))
    expect(refused.body.message).toBe(
      'configmaps "one" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=0, limited: count/configmaps=0',
    )
  })

  it('refuses bad names, bad label values and unknown content types', async () => {
    const { call } = await startLab({ workload: false })
    const name = await call('POST', maps, configMap('Not_A_Name'))
    expect(name.body).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } })
    const long = await call('POST', maps, configMap('one', { labels: { a: 'x'.repeat(64) } }))
    expect(long.body).toMatchObject({
      code: 422,
      details: { causes: [{ message: expect.stringContaining('must be no more than 63 characters') }] },
    })
    expect((await call('PATCH', `${maps}/one`, {}, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await call('POST', '/api/v1/namespaces/none/configmaps', configMap('one'))).body.message).toBe('namespaces "none" not found')
  })

  it('applies the three kinds of patch', async () => {
    const { call } = await startLab({ workload: false })
    const node = '/api/v1/nodes/sandbox-node-1'
    await call('PATCH', node, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, strategic)
    const both = await call('PATCH', node, { spec: { taints: [{ key: 'b', effect: 'NoSchedule' }] } }, strategic)
    expect(both.body.spec.taints.map((taint: { key: string }) => taint.key)).toEqual(['a', 'b'])
    const only = await call('PATCH', node, { spec: { taints: [{ key: 'c', effect: 'NoSchedule' }] } }, merge)
    expect(only.body.spec.taints).toHaveLength(1)
    const test = await call('PATCH', node, [{ op: 'test', path: '/spec/unschedulable', value: true }], jsonPatchType)
    expect(test.status).toBe(422)
  })

  it('removes with server-side apply what the manager applied before and leaves out now', async () => {
    const { call } = await startLab({ workload: false })
    const type = { 'content-type': 'application/apply-patch+yaml' }
    const path = `${maps}/one?fieldManager=me`
    expect((await call('PATCH', path, { data: { a: '1', b: '2' } }, type)).status).toBe(201)
    await call('PATCH', `${maps}/one`, { data: { c: '3' } }, merge)
    expect((await call('PATCH', path, { data: { b: '4' } }, type)).body.data).toEqual({ b: '4', c: '3' })
  })

  it('keeps an object with finalizers until the last one is removed', async () => {
    const { call } = await startLab({ workload: false })
    await call('POST', maps, configMap('one', { finalizers: ['a.b/c'] }))
    const held = await call('DELETE', `${maps}/one`)
    expect(held.body.metadata.deletionTimestamp).toBe('2026-01-05T09:00:00Z')
    await call('PATCH', `${maps}/one`, { metadata: { finalizers: null } }, merge)
    expect((await call('GET', `${maps}/one`)).status).toBe(404)
  })
})

describe('lists', () => {
  it('pages with limit and continue, and says how many remain', async () => {
    const { call } = await startLab({ workload: false })
    for (const name of ['a', 'b', 'c']) await call('POST', maps, configMap(name))
    const first = await call('GET', `${maps}?limit=2`)
    expect(first.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a', 'b'])
    expect(first.body.metadata.remainingItemCount).toBe(1)
    const second = await call('GET', `${maps}?limit=2&continue=${first.body.metadata.continue}`)
    expect(second.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c'])
    expect(second.body.metadata.continue).toBeUndefined()
  })

  it('answers 410 to a continue token from before its history', async () => {
    const { call } = await startLab({ workload: false, historySize: 4 })
    for (const name of ['a', 'b', 'c']) await call('POST', maps, configMap(name))
    const first = await call('GET', `${maps}?limit=1`)
    for (const name of ['d', 'e', 'f', 'g', 'h', 'i']) await call('POST', maps, configMap(name))
    const later = await call('GET', `${maps}?limit=1&continue=${first.body.metadata.continue}`)
    expect(later.body).toMatchObject({ code: 410, reason: 'Expired' })
  })

  it.each([
    ['app=a', ['one']],
    ['app==a', ['one']],
    ['app!=a', ['three', 'two']],
    ['app in (a, b)', ['one', 'two']],
    ['app notin (a,b)', ['three']],
    ['app', ['one', 'two']],
    ['!app', ['three']],
    ['app,app!=a', ['two']],
  ])('selects by label %s', async (selector, names) => {
    const { call } = await startLab({ workload: false })
    await call('POST', maps, configMap('one', { labels: { app: 'a' } }))
    await call('POST', maps, configMap('two', { labels: { app: 'b' } }))
    await call('POST', maps, configMap('three'))
    const found = await call('GET', `${maps}?labelSelector=${encodeURIComponent(selector)}`)
    expect(found.body.items.map((item: { metadata: { name: string } }) => item.metadata.name).sort()).toEqual(names)
  })

  it('selects by field, and refuses fields the resource does not have', async () => {
    const { call } = await startLab({ workload: false })
    const found = await call('GET', '/api/v1/namespaces?fieldSelector=metadata.name=kube-system')
    expect(found.body.items).toHaveLength(1)
    const refused = await call('GET', '/api/v1/namespaces?fieldSelector=spec.colour=red')
    expect(refused.body).toMatchObject({ code: 400, message: 'field label not supported: spec.colour' })
  })

  it('deletes a collection by label', async () => {
    const { call } = await startLab({ workload: false })
    await call('POST', maps, configMap('one', { labels: { app: 'a' } }))
    await call('POST', maps, configMap('two'))
    await call('DELETE', `${maps}?labelSelector=app=a`)
    const left = await call('GET', maps)
    expect(left.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['two'])
  })
})

describe('what a test can ask for', () => {
  it('refuses like a webhook, like RBAC, and mutates on creation', async () => {
    const { call, sandbox } = await startLab({ workload: false })
    const stop = sandbox.deny({ resource: 'configmaps', namespace: 'default', message: 'not today' })
    expect((await call('POST', maps, configMap('one'))).body.message).toBe(
      'admission webhook "deny.faultline-sandbox.dev" denied the request: not today',
    )
    stop()
    sandbox.forbid({ verb: 'delete', resource: 'configmaps' })
    sandbox.mutateOnCreate('configmaps', (draft) => Object.assign(draft, { data: { forced: 'yes' } }))
    expect((await call('POST', maps, configMap('one'))).body.data).toEqual({ forced: 'yes' })
    expect((await call('DELETE', `${maps}/one`)).status).toBe(403)
    const review = { spec: { resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: 'default' } } }
    expect((await call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).body.status.allowed).toBe(false)
    const other = { spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } } }
    expect((await call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', other)).body.status.allowed).toBe(true)
  })

  it('disturbs requests with codes, resets, delays and silence', async () => {
    const { call, sandbox, clock } = await startLab({ workload: false })
    const stop = sandbox.disturb(({ method }) => (method === 'POST' ? { status: 429, retryAfter: 3 } : undefined))
    const busy = await call('POST', maps, configMap('one'))
    expect([busy.status, busy.headers.get('retry-after'), busy.body.reason]).toEqual([429, '3', 'TooManyRequests'])
    stop()
    const undrop = sandbox.disturb(() => ({ drop: true }))
    await expect(call('GET', maps)).rejects.toThrow('fetch failed')
    undrop()
    sandbox.disturb(() => ({ delayMs: 5000 }))
    const slow = call('GET', maps)
    while (clock.nextWake() === undefined) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(5000)
    expect((await slow).status).toBe(200)
  })

  it('says everywhere that it is simulated', async () => {
    const { call } = await startLab({ workload: false })
    expect((await call('GET', '/version')).body.gitVersion).toBe('v1.34.0+faultline-sandbox')
    expect((await call('GET', '/api/v1/namespaces/kube-system')).body.metadata.annotations).toEqual({ 'faultline.dev/simulated': 'true' })
    const nodes = await call('GET', '/api/v1/nodes?labelSelector=faultline.dev/simulated=true')
    expect(nodes.body.items).toHaveLength(3)
  })

  it('repeats UIDs and names under one seed', async () => {
    const [first, second] = [await startLab({ seed: 11 }), await startLab({ seed: 11 })]
    await first.clock.advance(2000)
    await second.clock.advance(2000)
    expect(second.sandbox.objects()).toEqual(first.sandbox.objects())
  })
})
