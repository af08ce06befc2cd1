import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { configFromText } from '../../lib/adapters/kubernetes/config.ts'
import { classifyDial } from '../../lib/adapters/kubernetes/dial.ts'
import { isAbsent, jsonIn, refusal, statusOf } from '../../lib/adapters/kubernetes/errors.ts'
import { parseInjectorLog } from '../../lib/faults/injector/protocol.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { damagedTexts } from './damage.ts'
import { told } from './told.ts'

const experiments = join(import.meta.dirname, '../../experiments')
const suites = readdirSync(experiments)
  .filter((file) => file.endsWith('-suite.json'))
  .map((file) => readFileSync(join(experiments, file), 'utf8'))

const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'c',
  contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'n' } }],
  clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.1:6443/p', 'tls-server-name': 's', 'certificate-authority-data': 'YQ==' } }],
  users: [
    {
      name: 'u',
      user: {
        as: 'a',
        'as-user-extra': { k: ['v'] },
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', args: ['y'], env: [{ name: 'A', value: 'b' }] },
      },
    },
  ],
})
const status = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'error trying to reach service: dial tcp 10.0.0.1:80: connect: connection refused',
  reason: 'NotFound',
  details: { name: 'x', causes: [{ message: 'full' }] },
  code: 404,
})
const lines = '{"phase":"active","target":"p","container":"c","ok":true,"message":"m","measurements":[{"name":"n","unit":"ms","value":1}]}'

const count = 1_500

describe('whatever comes in', () => {
  it('a suite file is read, or refused with all that is wrong with it', () => {
    for (const text of damagedTexts(suites, count)) {
      const parsed = parseSuite(text, 'a.json')
      if (parsed.ok) continue
      expect(parsed.problems.length).toBeGreaterThan(0)
      for (const { message } of parsed.problems) expect(message).not.toBe('')
    }
  })

  it('a kubeconfig is read, or refused with words', () => {
    for (const text of damagedTexts([kubeconfig], count)) expect([text, told(() => configFromText(text, 'here', null))]).toHaveLength(2)
  })

  it.each([200, 404, 409, 500])('an answer %i of the API server is taken for what it is', (code) => {
    for (const text of damagedTexts([status, kubeconfig], count / 4)) {
      const answer = { status: code, headers: {}, text, complete: true }
      for (const read of [
        () => statusOf(answer),
        () => isAbsent(answer, { apiVersion: 'v1', kind: 'Pod', name: 'x' }),
        () => classifyDial(answer),
      ])
        expect(read).not.toThrow()
      expect(refusal('get Pod x', answer).message).toContain('get Pod x')
      told(() => jsonIn('get Pod x', answer))
    }
  })

  it('lines of an injector are read, or passed over', () => {
    for (const text of damagedTexts([lines], count)) expect(() => parseInjectorLog(`${lines}\n${text}`)).not.toThrow()
  })
})
