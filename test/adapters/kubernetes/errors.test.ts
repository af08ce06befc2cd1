import { describe, expect, test } from '@jest/globals'
import { isAbsent, jsonIn, refusal } from '../../../lib/adapters/kubernetes/errors.ts'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import { podNotFound, status } from './fake-api.ts'

const answer = (code: number, body: object | string, headers = {}) => ({
  status: code,
  headers,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  complete: true,
})

const place = { apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' }

describe('refusals of the API server', () => {
  test.each([
    [400, 'BadRequest', 'invalid', false],
    [401, 'Unauthorized', 'forbidden', false],
    [403, 'Forbidden', 'forbidden', false],
    [404, 'NotFound', 'not_found', false],
    [405, 'MethodNotAllowed', 'invalid', false],
    [409, 'AlreadyExists', 'already_exists', false],
    [409, 'Conflict', 'conflict', false],
    [410, 'Expired', 'unavailable', true],
    [413, 'RequestEntityTooLarge', 'invalid', false],
    [415, 'UnsupportedMediaType', 'invalid', false],
    [422, 'Invalid', 'invalid', false],
    [429, 'TooManyRequests', 'unavailable', true],
    [500, 'InternalError', 'unavailable', true],
    [503, 'ServiceUnavailable', 'unavailable', true],
    [504, 'Timeout', 'unavailable', true],
  ] as const)('%i %s is %s (retryable: %s), in the server’s own words', (code, reason, expected, retryable) => {
    const error = refusal('create NetworkPolicy db/deny', answer(code, status(code, reason, 'because I say so').body))
    expect(error).toBeInstanceOf(KubernetesError)
    expect(error).toMatchObject({
      code: expected,
      status: code,
      retryable,
      message: `create NetworkPolicy db/deny: ${code} because I say so`,
    })
  })

  test('words that are no Status are quoted, shortened', () => {
    expect(refusal('get Pod db/x', answer(503, '<html>\n  upstream   down</html>')).message).toBe(
      'get Pod db/x: 503 <html> upstream down</html>',
    )
    expect(refusal('get Pod db/x', answer(503, 'y'.repeat(1000))).message).toHaveLength('get Pod db/x: 503 '.length + 300)
    expect(refusal('get Pod db/x', answer(502, '')).message).toBe('get Pod db/x: 502 (no words)')
  })

  test('a redirect, as of a login page, asks for the address', () => {
    const error = refusal('get Pod db/x', answer(302, '', { location: 'https://login.example' }))
    expect(error.message).toBe("get Pod db/x: 302 redirect to https://login.example: is this the API server's address?")
    expect(error.code).toBe('unavailable')
  })

  test('a success that is no Kubernetes object is not taken for one', () => {
    expect(() => jsonIn('get Pod db/x', answer(200, '<html>welcome</html>'))).toThrow(
      'get Pod db/x: 200, but not an answer of a Kubernetes API: <html>welcome</html>',
    )
    expect(() => jsonIn('get Pod db/x', answer(200, '{"ok":true}'))).toThrow('not an answer of a Kubernetes API')
  })
})

describe('absence', () => {
  test('is believed when the API server names the object', () => {
    expect(isAbsent(answer(404, podNotFound('db-0').body), place)).toBe(true)
  })

  test.each([
    ['a load balancer', answer(404, 'default backend - 404')],
    ['an API that is not served', answer(404, status(404, 'NotFound', 'the server could not find the requested resource').body)],
    ['another object', answer(404, status(404, 'NotFound', 'namespaces "db" not found', { name: 'db', kind: 'namespaces' }).body)],
    ['a gone page', answer(410, podNotFound('db-0').body)],
  ])('is not believed to %s', (_, given) => {
    expect(isAbsent(given, place)).toBe(false)
  })
})
