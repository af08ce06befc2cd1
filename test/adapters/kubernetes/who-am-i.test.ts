import { afterEach, expect, test } from '@jest/globals'
import { closeAll, connectTo } from './harness.ts'

afterEach(closeAll)

test('the API server says whom it takes the credentials for', async () => {
  const { api, cluster } = await connectTo(() => ({
    status: 201,
    body: { kind: 'SelfSubjectReview', status: { userInfo: { username: 'oidc:ann', groups: [] } } },
  }))
  expect(await cluster.whoAmI?.()).toBe('oidc:ann')
  expect(api.seen[0]).toMatchObject({
    method: 'POST',
    url: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  })
})

test.each([
  ['does not serve the review', { status: 404, body: { kind: 'Status', message: 'the server could not find the requested resource' } }],
  ['forbids it', { status: 403, body: { kind: 'Status', message: 'forbidden' } }],
  ['names no user', { status: 201, body: { kind: 'SelfSubjectReview', status: {} } }],
])('an API server that %s leaves the user unknown', async (_, answer) => {
  const { cluster } = await connectTo(() => answer)
  expect(await cluster.whoAmI?.()).toBeNull()
})
