import { FaultlineError } from '../domain/errors.ts'
import type { Endpoint, SecretReference } from '../endpoint-settings.ts'

/** What a connection to a host gets from the owner's configuration. */
export interface HostAccess {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized?: boolean }
}

/**
 * Asked before each connection. `isOwners`: the owner named this address elsewhere (the configured Prometheus), so it need not be listed.
 * @throws FaultlineError `refused` for a host that is not allowed; as the reading of a secret does
 */
export type Reach = (url: URL, isOwners?: boolean) => Promise<HostAccess>

/** Reads the text behind a reference. */
export type SecretReader = (reference: SecretReference) => Promise<string>

const nothing: HostAccess = { headers: {}, tls: {} }

/** Whether some entry lets probes ask that host. */
export function isListed(endpoints: readonly Endpoint[], url: URL): boolean {
  return endpoints.some((one) => fits(one, url))
}

/** Allows every host, and adds nothing: a person's own machine without a configuration. */
export const reachAnywhere: Reach = async () => nothing

/** What the configuration's endpoints allow; `null` allows all. */
export function reachOf(endpoints: readonly Endpoint[] | null, read: SecretReader): Reach {
  if (endpoints === null) return reachAnywhere
  return async (url, isOwners = false) => {
    const endpoint = endpoints.find((one) => fits(one, url))
    if (endpoint !== undefined) return accessOf(endpoint, read)
    if (isOwners) return nothing
    const message = `${url.host} is not among the "endpoints" that faultline.config.json lets probes ask`
    throw new FaultlineError('refused', message)
  }
}

function fits({ host, port }: Endpoint, url: URL): boolean {
  const asked = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const usual = url.protocol === 'https:' ? 443 : 80
  if (port !== undefined && port !== (url.port === '' ? usual : Number(url.port))) return false
  if (host === '*') return true
  return host.startsWith('*.') ? asked.endsWith(host.slice(1)) : asked === host
}

async function accessOf(endpoint: Endpoint, read: SecretReader): Promise<HostAccess> {
  const { headers = {}, ca, certificate, key, insecureSkipVerify = false } = endpoint
  const text = (from: string | SecretReference) => (typeof from === 'string' ? from : read(from))
  const [values, caText, certText, keyText] = await Promise.all([
    Promise.all(Object.entries(headers).map(async ([name, from]) => [name.toLowerCase(), headerValue(name, await text(from))] as const)),
    ...[ca, certificate, key].map(async (from) => (from === undefined ? undefined : text(from))),
  ])
  return {
    headers: Object.fromEntries(values ?? []),
    tls: {
      ...(caText === undefined ? {} : { ca: caText }),
      ...(certText === undefined ? {} : { cert: certText }),
      ...(keyText === undefined ? {} : { key: keyText }),
      ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
    },
  }
}

/** A line break in a secret would make another header; what it is, is not told. */
function headerValue(name: string, text: string): string {
  const value = text.trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    throw new FaultlineError('bad_input', `the secret for header ${name} holds characters that no header may have`)
  return value
}
