import { describe, expect, it } from '@jest/globals'
import { signV4 } from '../../lib/adapters/aws/sigv4.ts'
import { type Person, verifySignature } from '../../sandbox/aws/verify-signature.ts'

const ann: Person = { accessKeyId: 'AKIAANN', secretAccessKey: 'hers', arn: 'arn:aws:iam::123456789012:user/ann' }
const bob: Person = {
  accessKeyId: 'ASIABOB',
  secretAccessKey: 'his',
  sessionToken: 'session',
  arn: 'arn:aws:sts::123456789012:assumed-role/R/bob',
}
const past: Person = { ...bob, accessKeyId: 'ASIAPAST', isExpired: true }
const now = Date.parse('2026-01-05T10:00:00Z')
const body = '{"why":"incident"}'

interface Signing {
  readonly person?: Person
  readonly region?: string
  readonly service?: string
  readonly at?: number
}

async function signed({ person = ann, region = 'eu-central-1', service = 'lambda', at = now }: Signing = {}) {
  const url = 'http://127.0.0.1:9/halt/?x=1'
  const call = { url, method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const headers = await signV4(call, { service, region, credentials: person, date: new Date(at) })
  return { method: 'POST', url: '/halt/?x=1', headers: headers as Readonly<Record<string, string>>, body: Buffer.from(body) }
}

const verify = (request: Parameters<typeof verifySignature>[0]) =>
  verifySignature(request, { service: 'lambda', region: 'eu-central-1', people: [ann, bob, past], now })

describe('a signature', () => {
  it.each([
    ['of a user', {}, ann],
    ['of a session', { person: bob }, bob],
    ['four minutes old', { at: now - 240_000 }, ann],
  ])('%s is taken', async (_, signing, person) => {
    expect(await verify(await signed(signing))).toBe(person)
  })

  it.each([
    ['with another secret', { person: { ...ann, secretAccessKey: 'guessed' } }, 'InvalidSignatureException', /does not match/],
    ['of a key that is not known', { person: { ...ann, accessKeyId: 'AKIAX' } }, 'UnrecognizedClientException', /is invalid/],
    ['with another session token', { person: { ...bob, sessionToken: 'x' } }, 'UnrecognizedClientException', /is invalid/],
    ['of a session that is over', { person: past }, 'ExpiredTokenException', /is expired/],
    ['for another region', { region: 'us-east-1' }, 'InvalidSignatureException', /a valid region, not 'us-east-1'/],
    ['for another service', { service: 's3' }, 'InvalidSignatureException', /correct service: 'lambda'/],
    ['of six minutes ago', { at: now - 360_000 }, 'InvalidSignatureException', /Signature expired: 20260105T095400Z/],
    ['of in six minutes', { at: now + 360_000 }, 'InvalidSignatureException', /not yet current: 20260105T100600Z/],
  ] as const)('%s is refused', async (_, signing, type, message) => {
    expect(await verify(await signed(signing))).toEqual({ type, message: expect.stringMatching(message) })
  })

  it('does not fit another body, path or header than it was made for', async () => {
    const good = await signed()
    const mismatch = { type: 'InvalidSignatureException', message: expect.stringContaining('does not match') }
    expect(await verify({ ...good, body: Buffer.from('{"why":"other"}') })).toEqual(mismatch)
    expect(await verify({ ...good, url: '/resume/?x=1' })).toEqual(mismatch)
    expect(await verify({ ...good, method: 'PUT' })).toEqual(mismatch)
    expect(await verify({ ...good, headers: { ...good.headers, 'content-type': 'text/plain' } })).toEqual(mismatch)
  })

  it('is missed where there is none', async () => {
    const { authorization: _, ...headers } = (await signed()).headers
    expect(await verify({ ...(await signed()), headers })).toMatchObject({ type: 'MissingAuthenticationTokenException' })
  })
})
