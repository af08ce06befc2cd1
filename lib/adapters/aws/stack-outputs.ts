import { FaultlineError } from '../../domain/errors.ts'
import type { KeysSource } from './person.ts'
import { refusalOf } from './refusals.ts'
import { signV4 } from './sigv4.ts'

export interface StackPlace {
  readonly stack: string
  readonly region: string
  readonly keys: KeysSource
  /** @default AWS' own, unless AWS_ENDPOINT_URL_CLOUDFORMATION or AWS_ENDPOINT_URL names another */
  readonly endpoint?: string
}

/** One read of a small answer. */
const timeoutMs = 20_000

/**
 * The outputs of a stack, by key (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html). One signed call
 * instead of a client of 300 kB: it is all that is asked of CloudFormation.
 * @throws FaultlineError `not_found`, `forbidden`, `unavailable`, each with what mends it
 */
export async function stackOutputs({ stack, region, keys, endpoint }: StackPlace): Promise<ReadonlyMap<string, string>> {
  const body = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }).toString()
  const url = endpoint ?? endpointOf(region)
  const call = { url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body }
  const headers = await signV4(call, { service: 'cloudformation', region, credentials: await keys() })
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    const why = String(Object(Object(error).cause).code ?? Object(error).message)
    throw new FaultlineError('unavailable', `CloudFormation in ${region} did not answer (${why}): is there a network, and such a region?`, {
      cause: error,
    })
  })
  const answer = await read(await response.text())
  if (response.ok) return outputsOf(answer)
  const { Code = '', Message = `status ${response.status}` } = Object(answer.Error) as { readonly Code?: string; readonly Message?: string }
  if (/does not exist/.test(Message)) {
    const message = `there is no stack ${stack} in ${region}: is --aws the name of the stage, and the region (AWS_REGION, or the profile's) that of the installation?`
    throw new FaultlineError('not_found', message)
  }
  throw (
    refusalOf({ type: Code, message: Message, region, date: response.headers.get('date') }) ??
    new FaultlineError(
      /AccessDenied/.test(Code) ? 'forbidden' : 'unavailable',
      /AccessDenied/.test(Code)
        ? `IAM does not let you find the URLs of ${stack}: allow cloudformation:DescribeStacks on it (docs/deploy-eks.md), or put the URLs into installations of faultline.config.json`
        : `CloudFormation in ${region}: ${Message}`,
    )
  )
}

function endpointOf(region: string): string {
  const { AWS_ENDPOINT_URL_CLOUDFORMATION: own, AWS_ENDPOINT_URL: all } = process.env
  return own ?? all ?? `https://cloudformation.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}/`
}

type Xml = Readonly<Record<string, unknown>>

async function read(text: string): Promise<Xml> {
  const { parseXmlBody } = await import('@aws-sdk/core/protocols')
  const context = {
    utf8Encoder: (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8'),
    streamCollector: async (body: Uint8Array) => body,
  }
  try {
    return Object(await parseXmlBody(Buffer.from(text), context as never))
  } catch (error) {
    throw new FaultlineError('unavailable', `CloudFormation answered what is no XML: ${text.slice(0, 80)}`, { cause: error })
  }
}

/** A list of one is the one itself. */
const list = (value: unknown): readonly Xml[] => (value === undefined ? [] : [value].flat().map((one) => Object(one)))

function outputsOf(answer: Xml): ReadonlyMap<string, string> {
  const result = Object(answer.DescribeStacksResult)
  const [stack = {}] = list(Object(result.Stacks).member)
  const outputs = list(Object(stack.Outputs).member)
  return new Map(outputs.map(({ OutputKey, OutputValue }) => [String(OutputKey), String(OutputValue)]))
}
