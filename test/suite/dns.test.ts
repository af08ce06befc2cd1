import { describe, expect, test } from '@jest/globals'
import { problemsOf, stepOf } from './one-step.ts'

const dns = (params: object) => ({ type: 'dns_failure', params })
const all = { type: 'dns_failure', kind: 'nxdomain', domains: [], sharePercent: 100, addresses: [] }

describe('a DNS failure', () => {
  test('means all queries for all names when nothing is said', () => {
    expect(stepOf(dns({ dns_type: 'nxdomain' })).fault).toEqual(all)
  })

  test('takes names, patterns, a share and addresses', () => {
    const params = { dns_type: 'wrong', domains: ['db', '*.s3.example.com', 'db', 'a.b.'], share: 2.5, addresses: ['10.0.0.1', 'fd00::1'] }
    expect(stepOf(dns({ ...params, allowUnused: true })).fault).toEqual({
      type: 'dns_failure',
      kind: 'wrong',
      domains: ['db', '*.s3.example.com', 'a.b.'],
      sharePercent: 2.5,
      addresses: ['10.0.0.1', 'fd00::1'],
      allowUnused: true,
    })
  })

  test.each([
    [{ domains: ['*'] }, 'domains[0]', '`*` is not a name or a pattern'],
    [{ domains: ['a..b'] }, 'domains[0]', 'is not a name'],
    [{ domains: ['a b'] }, 'domains[0]', 'is not a name'],
    [{ domains: [`${'x'.repeat(64)}.org`] }, 'domains[0]', 'is not a name'],
    [{ domains: ['$(reboot)'] }, 'domains[0]', 'is not a name'],
    [{ domains: [']].os.exit()'] }, 'domains[0]', 'is not a name'],
    [{ share: 0 }, 'share', 'allowed: at least 0.01 percent'],
    [{ share: 101 }, 'share', 'allowed: at most 100 percent'],
    [{ addresses: ['10.0.0.1'] }, 'addresses', 'has no meaning with dns_type `nxdomain`. Allowed: only with `wrong`'],
    [{ dns_type: 'wrong', addresses: ['10.0.0.1', '10.0.0.2'] }, 'addresses', 'two addresses of one family'],
    [{ dns_type: 'wrong', addresses: ['10.0.0.0/8'] }, 'addresses[0]', 'is not an IPv4 or IPv6 address'],
    [{ dns_type: 'refused' }, 'dns_type', 'Allowed: nxdomain, servfail, timeout, wrong'],
    [{ ports: [53] }, 'ports', '`ports` belongs to type network_partition, network_degradation or http_fault, not here'],
  ])('is refused with %j', (params, key, message) => {
    expect(problemsOf(dns({ dns_type: 'nxdomain', ...params }))).toContainEqual([`params.${key}`, expect.stringContaining(message)])
  })

  test('is what is meant by its kind in place of a type', () => {
    expect(problemsOf({ type: 'nxdomain', params: {} })[0]?.[1]).toContain(
      'write "type": "dns_failure" with "params": { "dns_type": "nxdomain" }',
    )
  })
})
