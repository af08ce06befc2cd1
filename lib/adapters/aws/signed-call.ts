import { awsError } from './errors.ts'
import { type Keys, signV4 } from './sigv4.ts'

/** One call of a service for which no client of the SDK is bundled: the few that are made do not pay for hundreds of KB at each cold start. */
export interface AwsCall {
  readonly service: 'monitoring' | 'logs' | 'scheduler' | 'fis'
  readonly region: string
  /** For messages: what was tried, on what. */
  readonly tried: string
  /** Of services that speak AWS JSON: `Logs_20140328.DescribeLogGroups`. Left out: REST. */
  readonly target?: string
  /** @default '/' */
  readonly path?: string
  /** Sent as JSON by POST; left out: GET. */
  readonly body?: object
}

/** As the SDK's clients here have it. */
const timeoutMs = 5_000

/** Names of services in signatures, where these are not those of their addresses. */
const jsonVersions = { monitoring: '1.0', logs: '1.1', scheduler: '1.0', fis: '1.1' } as const

/**
 * Signs and sends it; answers with the JSON that came back. AWS_ENDPOINT_URL takes the place of the service's own address.
 * @throws FaultlineError as `awsError` has it: `not_found`, `forbidden`, `invalid`, `unavailable`
 */
export async function awsCall(
  call: AwsCall,
  options: { readonly signal?: AbortSignal; readonly credentials?: Keys } = {},
): Promise<unknown> {
  const { service, region, target, path = '/', body } = call
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const url = `${(process.env.AWS_ENDPOINT_URL ?? `https://${service}.${region}.${suffix}`).replace(/\/+$/, '')}${path}`
  const type = target === undefined ? 'application/json' : `application/x-amz-json-${jsonVersions[service]}`
  const headers = { ...(body === undefined ? {} : { 'content-type': type }), ...(target === undefined ? {} : { 'x-amz-target': target }) }
  const request = { url, method: body === undefined ? 'GET' : 'POST', headers, body: body === undefined ? '' : JSON.stringify(body) }
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
  try {
    const signed = await signV4(request, {
      service,
      region,
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    })
    const answer = await fetch(url, {
      method: request.method,
      headers: signed,
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body: request.body }),
    })
    const text = await answer.text()
    if (answer.ok) return JSON.parse(text)
    throw refusalOf(answer, text)
  } catch (error) {
    throw awsError(error, call.tried)
  }
}

/** In the form that the SDK's errors have. */
function refusalOf(answer: Response, text: string): Error {
  const said = jsonOf(text) as { readonly __type?: unknown; readonly message?: unknown; readonly Message?: unknown }
  const type = String(answer.headers.get('x-amzn-errortype') ?? said.__type ?? `HTTP ${answer.status}`)
  const error = new Error(String(said.message ?? said.Message ?? type))
  error.name = type.replace(/^.*#/, '').replace(/:.*$/, '')
  return Object.assign(error, { $metadata: { httpStatusCode: answer.status } })
}

function jsonOf(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
