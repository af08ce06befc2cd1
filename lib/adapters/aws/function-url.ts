import { type ErrorCode, FaultlineError } from '../../domain/errors.ts'
import { interfaceHeader, interfaceNumber, type PeoplesFunction, urlAlias } from '../../remote/interface.ts'
import type { KeysSource } from './person.ts'
import { refusalOf } from './refusals.ts'
import { signV4 } from './sigv4.ts'

/** One function of an installation, as a person reaches it. */
export interface FunctionPlace {
  readonly name: PeoplesFunction
  /** Of the installation. */
  readonly stage: string
  readonly url: string
  readonly region: string
  readonly keys: KeysSource
}

/** An answer as it came back. */
export interface UrlAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly text: string
}

/** A function answers within its own 15 minutes or not at all; Node's client waits 5 for the first byte. */
const timeoutMs = 290_000

/**
 * Asks a function by its URL, signed by the person's own credentials.
 * @throws FaultlineError what the function itself threw, or what kept the question from it, with what mends that; `retryable` where the same
 * question may be asked again
 */
export async function askFunction(place: FunctionPlace, payload: object): Promise<Readonly<Record<string, unknown>>> {
  const { url, region, keys } = place
  const call = {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
    body: JSON.stringify(payload),
  }
  const headers = await signV4(call, { service: 'lambda', region, credentials: await keys() })
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: call.body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return answerOf(place, { status: response.status, headers: response.headers, text: await response.text() })
  } catch (error) {
    if (error instanceof FaultlineError) throw error
    throw unreached(place, error)
  }
}

function unreached({ name, stage, url }: FunctionPlace, error: unknown): FaultlineError {
  const { code = Object(error).message } = Object(Object(error).cause) as { readonly code?: string }
  const { host } = new URL(url)
  const why =
    code === 'ENOTFOUND'
      ? `${host} is not known: no network, or the installation was removed or deployed anew (drop its urls from faultline.config.json)`
      : code === 'ECONNREFUSED'
        ? `nothing listens at ${host}${stage === 'local' ? ': "npm run aws:local" does not run' : ''}`
        : `no answer from ${host} (${code})`
  return new FaultlineError('unavailable', `${name} of ${stage} could not be asked: ${why}`, { retryable: true, cause: error })
}

/** What an answer says. @throws FaultlineError as `askFunction` */
export function answerOf(place: Omit<FunctionPlace, 'keys'>, answer: UrlAnswer): Readonly<Record<string, unknown>> {
  const version = answer.headers.get(interfaceHeader)
  const said = jsonOf(answer.text)
  if (version === null) throw fromAws(place, answer, said)
  if (answer.status === 200) return said
  const { code = 'unavailable', message = answer.text } = Object(said.error) as { readonly code?: ErrorCode; readonly message?: string }
  if (code === 'bad_input' && Number(version) < interfaceNumber) throw older(place, message)
  throw new FaultlineError(code, message, { retryable: answer.status === 503 })
}

function older({ stage }: Pick<FunctionPlace, 'stage'>, message: string): FaultlineError {
  return new FaultlineError(
    'unavailable',
    `installation ${stage} is older than this command and does not know what it asks: deploy it again (${message})`,
  )
}

/** AWS answered in the function's place. */
function fromAws(
  place: Omit<FunctionPlace, 'keys'>,
  { status, headers, text }: UrlAnswer,
  said: Readonly<Record<string, unknown>>,
): FaultlineError {
  const { name, stage, region, url } = place
  const message = String(said.message ?? said.Message ?? text.slice(0, 200))
  const functionName = `faultline-${stage}-${name}`
  if (status === 403) {
    const type = headers.get('x-amzn-errortype') ?? ''
    const needs = `lambda:InvokeFunctionUrl and lambda:InvokeFunction (the latter only with lambda:InvokedViaFunctionUrl) on function:${functionName}:${urlAlias}`
    return (
      refusalOf({ type, message, region, date: headers.get('date') }) ??
      new FaultlineError('forbidden', `IAM does not let you ask ${name} of ${stage}: that needs ${needs}; docs/deploy-eks.md has policies`)
    )
  }
  if (status === 404)
    return new FaultlineError('not_found', `there is no function behind ${url}: the installation was removed or deployed anew`)
  if (status === 429)
    return new FaultlineError(
      'unavailable',
      `AWS throttles ${functionName}: its concurrency, or the account's, is used up; reservedConcurrency in faultline.config.json keeps some free`,
      {
        retryable: true,
      },
    )
  if (status === 502 || status === 504)
    return new FaultlineError(
      'unavailable',
      `${functionName} failed, or its time was up, before it could answer: its log group /aws/lambda/${functionName} says why`,
    )
  return new FaultlineError('unavailable', `${functionName} answered with status ${status}: ${message}`, { retryable: status >= 500 })
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
