import { describe, expect, test } from '@jest/globals'
import { classifyDial } from '../../../lib/adapters/kubernetes/dial.ts'
import { status } from './fake-api.ts'

const from = (code: number, text: string, complete = true) => classifyDial({ status: code, headers: {}, text, complete })

const fromApiServer = (message: string, code = 503, reason = 'ServiceUnavailable') =>
  from(code, JSON.stringify(status(code, reason, message).body))

const unreachable = (words: string) => fromApiServer(`error trying to reach service: ${words}`)

describe('a dial through the pod proxy', () => {
  test.each([
    [200, 'ok'],
    [204, ''],
    [302, ''],
    [401, 'login first'],
    [403, '{"error":"forbidden"}'],
    [404, '404 page not found\n'],
    [500, '{"message":"error trying to reach service: dial tcp 10.0.0.9:5432: connect: connection refused"}'],
    [502, '<html>bad gateway</html>'],
    [503, '{"status":"unhealthy"}'],
  ])('reached the pod when the pod itself answers %i %j', (code, text) => {
    expect(from(code, text)).toEqual({ outcome: 'reached', status: code, message: `HTTP ${code}` })
  })

  test.each([
    'dial tcp 10.201.1.7:8080: connect: connection refused',
    'dial tcp 10.201.1.7:8080: i/o timeout',
    'dial tcp 10.201.1.7:8080: connect: connection timed out',
    'dial tcp 10.201.1.7:8080: connect: no route to host',
    'dial tcp 10.201.1.7:8080: connect: network is unreachable',
    'dial tcp 10.201.1.7:8080: connect: host is down',
    'dial tcp [fd00:10:244::7]:8080: connect: connection refused',
    'proxy dial error: dial tcp 10.244.1.2:80: connect: connection refused',
  ])('is cut when the API server could not connect: %s', (words) => {
    expect(unreachable(words)).toEqual({ outcome: 'cut', status: null, message: words })
  })

  test.each([
    'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02\\x16"',
    'net/http: HTTP/1.x transport connection broken: malformed HTTP status code "OK"',
    'http: server gave HTTP response to HTTPS client',
    'EOF',
    'unexpected EOF',
    'read tcp 10.200.0.1:41234->10.201.1.7:8080: read: connection reset by peer',
    'write tcp 10.200.0.1:41234->10.201.1.7:8080: write: broken pipe',
    'tls: first record does not look like a TLS handshake',
    'x509: certificate signed by unknown authority',
  ])('reached something at the pod when the connection was made: %s', (words) => {
    expect(unreachable(words)).toEqual({ outcome: 'reached', status: null, message: words })
  })

  test.each([
    'dial tcp :8080: connect: connection refused',
    'dial tcp 10.201.1.7:8080: operation was canceled',
    'dial tcp 10.201.1.7:8080: connect: cannot assign requested address',
    'dial tcp: lookup db-0 on 10.202.0.10:53: no such host',
    'dial tcp 10.201.1.7:8080: unexpected EOF',
    'No agent available',
    'dial timeout, backstop',
    'proxy error from 127.0.0.1:6443 while dialing 10.42.1.5:8080, code 502: 502 Bad Gateway',
    'context canceled',
    'net/http: request canceled while waiting for connection',
  ])('is unknown when the words do not say where it failed: %s', (words) => {
    expect(unreachable(words)).toEqual({ outcome: 'unknown', status: null, message: words })
  })

  test.each([
    [403, 'Forbidden', 'pods "db-0" is forbidden: User "x" cannot get resource "pods/proxy" in API group "" in the namespace "db"'],
    [404, 'NotFound', 'pods "db-0" not found'],
    [401, 'Unauthorized', 'Unauthorized'],
    [
      500,
      'InternalError',
      'an error on the server ("dial tcp 10.0.0.1:2379: connect: connection refused") has prevented the request from succeeding',
    ],
    [503, 'ServiceUnavailable', 'the server is currently unable to handle the request'],
    [429, 'TooManyRequests', 'too many requests, please try again later'],
  ])('is unknown when the API server itself answers %i', (code, reason, message) => {
    expect(fromApiServer(message, code, reason)).toEqual({
      outcome: 'unknown',
      status: null,
      message: `the API server answered ${code}: ${message}`,
    })
  })

  test('is unknown when a refusal breaks off before it says whose it is', () => {
    expect(from(503, '{"kind":"Sta', false).outcome).toBe('unknown')
    expect(from(503, '', false).outcome).toBe('unknown')
  })

  test('reached the pod when a long page is cut off, or a good answer never ends', () => {
    expect(from(503, '<html>sorry', false).outcome).toBe('reached')
    expect(from(200, '', false).outcome).toBe('reached')
  })
})
