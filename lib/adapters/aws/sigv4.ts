import { FaultlineError } from '../../domain/errors.ts'

/** What signs. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What is signed; `credentials` for tests, else the SDK's chain of providers. */
export interface SignOptions {
  /** The service's name in signatures, e.g. `aps`. */
  readonly service: string
  readonly region: string
  readonly credentials?: Keys
  /** Time of the signature; now when left out. */
  readonly date?: Date
}

export interface SignedCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Chain = typeof import('@aws-sdk/credential-provider-node')
let provider: ReturnType<Chain['defaultProvider']> | undefined

/**
 * Headers of the call with a Signature Version 4 in them. The SDK's parts are loaded only when the first call is signed.
 * @throws FaultlineError `forbidden` when there are no credentials
 */
export async function signV4(call: SignedCall, options: SignOptions): Promise<Readonly<Record<string, string>>> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([import('@smithy/signature-v4'), import('@smithy/core/checksum')])
  const url = new URL(call.url)
  const signer = new SignatureV4({
    service: options.service,
    region: options.region,
    credentials: await credentialsFor(options),
    sha256: Sha256,
  })
  const request = {
    method: call.method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...call.headers, host: url.host },
    body: call.body,
  }
  const { headers } = await signer.sign(request, options.date === undefined ? {} : { signingDate: options.date })
  return headers
}

async function credentialsFor({ credentials }: SignOptions) {
  if (credentials !== undefined) return credentials
  try {
    if (provider === undefined) provider = (await import('@aws-sdk/credential-provider-node')).defaultProvider()
    return await provider()
  } catch (error) {
    throw new FaultlineError('forbidden', `no AWS credentials to sign with: ${Object(error).message}`, { cause: error })
  }
}

/** Signs for Amazon Managed Service for Prometheus (https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-APIReference.html). */
export function signForPrometheus(call: SignedCall, region: string): Promise<Readonly<Record<string, string>>> {
  return signV4(call, { service: 'aps', region })
}
