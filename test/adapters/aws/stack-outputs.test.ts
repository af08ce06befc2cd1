import { afterEach, describe, expect, it } from '@jest/globals'
import { stackOutputs } from '../../../lib/adapters/aws/stack-outputs.ts'
import { verifySignature } from '../../../sandbox/aws/verify-signature.ts'
import { bodyOf, serve, type TestServer } from '../../support/http-server.ts'

const ann = { accessKeyId: 'AKIAANN', secretAccessKey: 'hers', arn: 'arn:aws:iam::123456789012:user/ann' }
let server: TestServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const output = (key: string, value: string) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`
const stack = (
  outputs: string,
) => `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
  <StackName>faultline-prod</StackName><Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
const refused = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`

/** Asks a CloudFormation that answers so, and takes signatures for the service only. */
async function asked(status: number, text: string) {
  const forms: string[] = []
  server = await serve(async (request, response) => {
    const body = await bodyOf(request)
    forms.push(body)
    const { method = '', url = '', headers } = request
    const signer = await verifySignature(
      { method, url, headers, body: Buffer.from(body) },
      { service: 'cloudformation', region: 'eu-central-1', people: [ann], now: Date.now() },
    )
    response
      .writeHead('arn' in signer ? status : 403, { 'content-type': 'text/xml' })
      .end('arn' in signer ? text : refused('Signature', 'x'))
  })
  const place = { stack: 'faultline-prod', region: 'eu-central-1', keys: async () => ann, endpoint: server.url }
  return { forms, outputs: await stackOutputs(place) }
}

describe('the outputs of a stack', () => {
  it('are read by their keys, from a signed question for that stack', async () => {
    const { forms, outputs } = await asked(200, stack(output('LookUrl', 'https://a/?b=1&amp;c=2') + output('HaltUrl', 'https://h/')))
    expect([...outputs]).toEqual([
      ['LookUrl', 'https://a/?b=1&c=2'],
      ['HaltUrl', 'https://h/'],
    ])
    expect(forms).toEqual(['Action=DescribeStacks&Version=2010-05-15&StackName=faultline-prod'])
  })

  it('may be one alone, or none', async () => {
    expect([...(await asked(200, stack(output('A', 'b')))).outputs]).toEqual([['A', 'b']])
    await server?.close()
    expect([...(await asked(200, stack(''))).outputs]).toEqual([])
  })

  it.each([
    [
      400,
      refused('ValidationError', 'Stack with id faultline-prod does not exist'),
      'not_found',
      /no stack faultline-prod in eu-central-1: is --aws/,
    ],
    [403, refused('AccessDenied', 'User ann is not authorized'), 'forbidden', /allow cloudformation:DescribeStacks/],
    [403, refused('ExpiredToken', 'The security token included in the request is expired'), 'forbidden', /sign in again/],
    [503, 'Service Unavailable', 'unavailable', /CloudFormation/],
  ])('are not to be had where AWS answers %i %s', async (status, text, code, message) => {
    await expect(asked(status, text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('are not to be had from nowhere', async () => {
    const closed = await serve(() => undefined)
    await closed.close()
    const place = { stack: 's', region: 'eu-central-1', keys: async () => ann, endpoint: closed.url }
    await expect(stackOutputs(place)).rejects.toThrow('CloudFormation in eu-central-1 did not answer (ECONNREFUSED)')
  })
})
