import { describe, expect, it } from '@jest/globals'
import { configOf } from '../../cli/settings.ts'

const url = 'https://prometheus.example.com/base'

describe('where Prometheus is, and how one signs in', () => {
  it('is nowhere unless somebody says so', () => {
    expect(configOf({}, false, {}).prometheus).toEqual({ url: null, auth: { kind: 'none' } })
  })

  it.each([
    ['nothing', {}, {}, { kind: 'none' }],
    ['a token of the environment', {}, { FAULTLINE_PROMETHEUS_TOKEN: 'abc' }, { kind: 'bearer', token: 'abc' }],
    ['an empty token', {}, { FAULTLINE_PROMETHEUS_TOKEN: '' }, { kind: 'none' }],
    ['a token file', { prometheusTokenFile: '/run/token' }, {}, { kind: 'bearer_file', path: '/run/token' }],
    ['user and password', { prometheusUser: 'ann' }, { FAULTLINE_PROMETHEUS_PASSWORD: 'x' }, { kind: 'basic', user: 'ann', password: 'x' }],
    ['a region', { prometheusSigv4Region: 'eu-west-1' }, {}, { kind: 'sigv4', region: 'eu-west-1' }],
  ])('is signed in to with %s', (_, flags, env, auth) => {
    expect(configOf({ prometheusUrl: url, ...flags }, false, env).prometheus).toEqual({ url, auth })
  })

  it('takes one way to sign in, not two', () => {
    const flags = { prometheusUrl: url, prometheusUser: 'ann', prometheusSigv4Region: 'eu-west-1' }
    expect(() => configOf(flags, false, {})).toThrow('Prometheus: basic and sigv4 are given; allowed: one way to sign in')
  })

  it.each(['prometheus:9090', 'ftp://a', 'http://ann:secret@a', 'http://a/?x=1', ''])(
    'refuses the address %j, and shows no password',
    (bad) => {
      const said = () => configOf({ prometheusUrl: bad }, false, {})
      expect(said).toThrow('--prometheus-url: expected an http or https address without user and query')
      expect(said).not.toThrow(/secret/)
    },
  )
})
