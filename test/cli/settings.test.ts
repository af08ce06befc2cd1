import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { configOf } from '../../cli/settings.ts'
import { defaultConfig } from '../../lib/config.ts'

const url = 'https://prometheus.example.com/base'

describe('where Prometheus is, and how one signs in', () => {
  it('is nowhere unless a setting says so', () => {
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

describe("the injectors' settings", () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-injector-'))
  const file = join(directory, 'injector.json')
  afterAll(() => rmSync(directory, { recursive: true }))
  const read = (text: string, flags = {}) => {
    writeFileSync(file, text)
    return configOf({ injector: file, ...flags }, false, {}).injector
  }
  const said = {
    image: 'registry.example/injector:1',
    namespace: 'chaos',
    pullPolicy: 'Always',
    pullSecrets: ['registry'],
    resources: { requests: { cpu: '10m' }, limits: { memory: '64Mi' } },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' }],
  }

  it('are the defaults where nothing is said', () => {
    expect(configOf({}, false, {}).injector).toEqual(defaultConfig.injector)
    expect(read('{}')).toEqual(defaultConfig.injector)
  })

  it('are those of a file, but for flags of their own', () => {
    expect(read(JSON.stringify(said))).toEqual(said)
    expect(read(JSON.stringify(said), { injectorImage: 'other:2', injectorNamespace: 'here' })).toEqual({
      ...said,
      image: 'other:2',
      namespace: 'here',
    })
  })

  it.each([
    ['{ "pullPolicy": "Sometimes" }', /injector\.json: pullPolicy: .*"IfNotPresent"\|"Always"\|"Never".*found/],
    ['{ "tolerations": [{ "effect": "NoWay" }] }', /tolerations\.0\.effect: /],
    ['{ "resources": { "requests": { "cpu": "much" } } }', /resources\.requests\.cpu: .*much.* is not a quantity such as/],
    ['{ "resources": { "limits": { "memory": "-1Gi" } } }', /resources\.limits\.memory: no amount below zero is a quantity such as/],
    ['{ "pullSecret": "x" }', /unknown key `pullSecret`.*did you mean `pullSecrets`/],
    ['{ "image": ', /--injector: .*injector\.json cannot be read: /],
  ])('are refused with the file, the place in it and what is allowed: %s', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})
