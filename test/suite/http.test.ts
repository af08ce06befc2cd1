import { describe, expect, test } from '@jest/globals'
import { problemsOf, stepOf } from './one-step.ts'

const http = (params: object) => ({ type: 'http_fault', params })
const all = {
  type: 'http_fault',
  kind: 'abort',
  direction: 'in',
  ports: [8080],
  methods: [],
  path: null,
  headers: [],
  sharePercent: 100,
  status: 503,
  delayMs: 0,
  keepProbes: true,
}

describe('an HTTP fault', () => {
  test.each([
    [{ http_type: 'abort' }, {}],
    [{ http_type: 'abort', reset: true }, { status: 0 }],
    [{ http_type: 'delay' }, { kind: 'delay', status: 0, delayMs: 1000 }],
    [
      { http_type: 'delay', delay: 20, direction: 'out', methods: ['GET', 'GET'], path: '/a/*', share: 0.5, keepProbes: false },
      { kind: 'delay', status: 0, delayMs: 20, direction: 'out', methods: ['GET'], path: '/a/*', sharePercent: 0.5, keepProbes: false },
    ],
    [{ http_type: 'abort', headers: ['x-user=a=b*'] }, { headers: [{ name: 'x-user', value: 'a=b*' }] }],
  ])('of %j has the defaults of its kind', (params, expected) => {
    expect(stepOf(http({ ports: [8080], ...params })).fault).toEqual({ ...all, ...expected })
  })

  test.each([
    [{ ports: [] }, 'ports', 'at least 1 entry'],
    [{ path: 'api' }, 'path', '`api` is not a path'],
    [{ path: "/x' }" }, 'path', 'is not a path'],
    [{ path: '/$(reboot)' }, 'path', 'is not a path'],
    [{ headers: ['x-user'] }, 'headers[0]', 'is not a header and its value'],
    [{ headers: ['x-user=a b'] }, 'headers[0]', 'is not a header and its value'],
    [{ methods: ['get'] }, 'methods[0]', 'is not a method'],
    [{ status: 100 }, 'status', 'allowed: at least 200'],
    [{ delay: 5 }, 'delay', 'has no meaning with http_type `abort`. Allowed: only with `delay`'],
    [{ status: 500, reset: true }, 'status', 'stands beside `reset`'],
    [{ http_type: 'delay', status: 500 }, 'status', 'has no meaning with http_type `delay`'],
    [{ direction: 'both' }, 'direction', 'Allowed: in, out'],
    [{ domains: ['db'] }, 'domains', '`domains` belongs to type dns_failure, not here'],
  ])('is refused with %j', (params, key, message) => {
    expect(problemsOf(http({ http_type: 'abort', ports: [8080], ...params }))).toContainEqual([
      `params.${key}`,
      expect.stringContaining(message),
    ])
  })
})
