import { KubernetesError } from '../../domain/errors.ts'
import { jsonIn } from './errors.ts'
import type { Transport } from './transport.ts'

/**
 * The user that the API server takes these credentials for (SelfSubjectReview, Kubernetes 1.28 and newer, which every signed-in client may ask:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review). Null where it does not say.
 */
export async function whoAmI(transport: Transport): Promise<string | null> {
  const tried = 'ask who these credentials are'
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const request = { method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body, tried, repeat: 'always' } as const
  try {
    const { status } = jsonIn(tried, await transport.send(request)) as { status?: { userInfo?: { username?: unknown } } }
    const name = status?.userInfo?.username
    return typeof name === 'string' && name !== '' ? name : null
  } catch (error) {
    if (error instanceof KubernetesError && error.code !== 'unavailable') return null
    throw error
  }
}
