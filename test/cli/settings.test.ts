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

describe("the owner's guards", () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-guards-'))
  const file = join(directory, 'faultline.config.json')
  const guards = [{ kinds: ['pod-delete'] }]
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const read = (text: string, stage?: string) => {
    writeFileSync(file, text)
    return configOf({}, false, { FAULTLINE_CONFIG: file, ...(stage === undefined ? {} : { FAULTLINE_STAGE: stage }) }).guards
  }

  it('are those of the configuration file, or of its stage, beside whatever else it says', () => {
    const text = JSON.stringify({ clusters: {}, guards, stages: { prod: { guards: [], xray: true }, test: {} } })
    expect([read(text), read(text, 'prod'), read(text, 'test')]).toEqual([guards, [], guards])
    expect(configOf({}, false, {}).guards).toEqual([])
  })

  it.each([
    ['{', / cannot be read: /],
    [JSON.stringify({ guards: [{ kinds: ['pod-kil'] }] }), /guards\.0\.kinds\.0/],
    [JSON.stringify({ guards: [{ cluster: 'prod' }] }), /`cluster`.*`clusters`/],
    [JSON.stringify({ guard: [{ kinds: ['pod-delete'] }] }), /guard: unknown key `guard`: did you mean `guards`\?/],
    [JSON.stringify({ stages: { prod: { gaurds: [] } } }), /stages\.prod\.gaurds: .* did you mean `guards`/],
  ])('that cannot be read are refused, named by file and path: %s', (text, why) => {
    expect(() => read(text)).toThrow(why)
    expect(() => read(text)).toThrow(file)
  })

  it('that are named and not there are refused', () => {
    expect(() => configOf({}, false, { FAULTLINE_CONFIG: join(directory, 'none.json') })).toThrow(/none\.json cannot be read/)
  })
})
