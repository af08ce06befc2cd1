import { describe, expect, it } from '@jest/globals'
import { answerOf } from '../../../lib/adapters/aws/function-url.ts'
import { refusalOf } from '../../../lib/adapters/aws/refusals.ts'
import { interfaceHeader } from '../../../lib/remote/interface.ts'

const place = { name: 'resume', stage: 'prod', url: 'https://abc.lambda-url.eu-central-1.on.aws/', region: 'eu-central-1' } as const

interface Came {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const told = ({ status, text, headers = {} }: Came) => {
  try {
    return answerOf(place, { status, text, headers: { get: (name) => headers[name] ?? null } })
  } catch (error) {
    const { code, message, retryable } = error as { readonly code: string; readonly message: string; readonly retryable: boolean }
    return [code, retryable, message]
  }
}
const ours = { [interfaceHeader]: '1' }
const error = (code: string, message: string) => JSON.stringify({ error: { code, message } })
const typed = (type: string) => ({ 'x-amzn-errortype': type })

describe('an answer of a function URL', () => {
  it('is what the function says', () => {
    expect(told({ status: 200, text: '{"happened":"x"}', headers: ours })).toEqual({ happened: 'x' })
  })

  it.each([
    [
      'a refusal of the function',
      { status: 422, text: error('refused', 'run r is driven by d'), headers: ours },
      'refused',
      false,
      /^run r is driven by d$/,
    ],
    ['trouble that passes', { status: 503, text: error('unavailable', 'throttled'), headers: ours }, 'unavailable', true, /^throttled$/],
    [
      'an older installation',
      { status: 422, text: error('bad_input', 'action: `runs`'), headers: { [interfaceHeader]: '0' } },
      'unavailable',
      false,
      /prod is older than this command .*: deploy it again/,
    ],
    [
      'no right to the function',
      { status: 403, text: '{"Message":"Forbidden"}', headers: typed('AccessDeniedException') },
      'forbidden',
      false,
      /ask resume of prod: that needs lambda:InvokeFunctionUrl and lambda:InvokeFunction .*InvokedViaFunctionUrl.* on function:faultline-prod-resume:url/,
    ],
    [
      'an expired session',
      { status: 403, text: '{"message":"The security token included in the request is expired"}', headers: typed('ExpiredTokenException') },
      'forbidden',
      false,
      /credentials have expired: sign in again/,
    ],
    [
      'an unknown key',
      {
        status: 403,
        text: '{"message":"The security token included in the request is invalid."}',
        headers: typed('UnrecognizedClientException'),
      },
      'forbidden',
      false,
      /AWS does not know the credentials/,
    ],
    [
      'another region',
      {
        status: 403,
        text: `{"message":"Credential should be scoped to a valid region, not 'x'."}`,
        headers: typed('InvalidSignatureException'),
      },
      'forbidden',
      false,
      /another region than eu-central-1: set AWS_REGION/,
    ],
    [
      'a wrong secret',
      {
        status: 403,
        text: '{"message":"The request signature we calculated does not match the signature you provided."}',
        headers: typed('InvalidSignatureException'),
      },
      'forbidden',
      false,
      /the secret does not belong to the access key/,
    ],
    ['an installation that is gone', { status: 404, text: '{"Message":null}' }, 'not_found', false, /there is no function behind https:/],
    [
      'a throttled function',
      { status: 429, text: '{"Reason":"ConcurrentInvocationLimitExceeded"}' },
      'unavailable',
      true,
      /AWS throttles faultline-prod-resume/,
    ],
    [
      'a function that died',
      { status: 502, text: 'Internal Server Error' },
      'unavailable',
      false,
      /failed, or its time was up.*\/aws\/lambda\/faultline-prod-resume/,
    ],
    ['anything else', { status: 500, text: 'x' }, 'unavailable', true, /answered with status 500: x/],
  ] as const)('tells %s with its mend', (_, came, code, retryable, message) => {
    expect(told(came)).toEqual([code, retryable, expect.stringMatching(message)])
  })
})

it('a clock that is off is told with how far, by AWS’ own', () => {
  const message = 'Signature expired: 20260105T095000Z is now earlier than 20260105T095500Z (20260105T100000Z - 5 min.)'
  const refused = { type: 'InvalidSignatureException', message, region: 'eu-central-1', date: 'Mon, 05 Jan 2026 10:00:00 GMT' }
  const told = refusalOf(refused, Date.parse('2026-01-05T09:50:00Z'))
  expect(told?.message).toContain('the clock of this machine is off by 600 s: set it')
})

it('what is no matter of the signature is left to others', () => {
  expect(refusalOf({ type: 'AccessDeniedException', message: 'Forbidden', region: 'eu-central-1', date: null })).toBeUndefined()
})
