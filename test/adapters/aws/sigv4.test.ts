import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { signV4 } from '../../../lib/adapters/aws/sigv4.ts'
import { onPath } from '../../../sandbox/programs.ts'
import { describeWith } from '../../support/tools.ts'

/** The Python that has botocore: the one beside moto_server (a virtual environment), or the one that its first line names. */
function pythonOfMoto(): string {
  const server = onPath('moto_server') ?? ''
  const [, named = 'python3'] = /^#!.*?(\S+)$/m.exec(readFileSync(server, 'utf8')) ?? []
  const candidates = [join(dirname(server), 'python3'), named, 'python3']
  return candidates.find((python) => spawnSync(python, ['-c', 'import botocore']).status === 0) ?? 'python3'
}

/** Signs the same request, with the same headers at the same time, by botocore's own arithmetic. */
const botocore = `
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
call = json.load(sys.stdin)
request = AWSRequest(method=call['method'], url=call['url'], data=call['body'], headers=call['headers'])
request.context['timestamp'] = call['at']
auth = SigV4Auth(Credentials('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', call.get('token')), 'aps', 'eu-west-1')
print(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))
`

function signatureOf(call: object, python: string): string {
  const { stdout, stderr } = spawnSync(python, ['-c', botocore], { input: JSON.stringify(call), encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return stdout.trim()
}

const calls = [
  [
    'a query in the body',
    'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/query',
    'query=sum%28rate%28a%5B1m%5D%29%29',
    undefined,
  ],
  ['a port and a session', 'http://127.0.0.1:9090/api/v1/query_range', 'query=up&start=1&end=2&step=0.5', 'session/token+=='],
  ['parameters in the address', 'https://aps.example.com/api/v1/query?query=up%7Ba%3D%22b%20c%22%7D&time=1', '', undefined],
] as const

describeWith(['moto_server'], 'a signature', () => {
  let python = ''
  beforeAll(() => {
    python = pythonOfMoto()
  }, 60_000)

  test.each(calls)('is the one that botocore makes of the same request: %s', async (_, url, body, token) => {
    const call = { url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      ...(token === undefined ? {} : { sessionToken: token }),
    }
    const signed = await signV4(call, { service: 'aps', region: 'eu-west-1', credentials, date: new Date('2026-01-05T09:00:00Z') })
    const [, scope, names, signature] =
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=(\S+)$/.exec(signed.authorization ?? '') ?? []
    expect(scope).toBe('20260105/eu-west-1/aps/aws4_request')
    expect(names?.split(';')).toEqual(
      expect.arrayContaining(['content-type', 'host', 'x-amz-date', ...(token === undefined ? [] : ['x-amz-security-token'])]),
    )
    const headers = Object.fromEntries((names ?? '').split(';').map((name) => [name, signed[name]]))
    expect(signature).toBe(signatureOf({ ...call, headers, at: '20260105T090000Z', token }, python))
  })
})
