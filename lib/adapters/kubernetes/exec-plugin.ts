import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { FaultlineError } from '../../domain/errors.ts'
import { asText } from '../../domain/text.ts'
import type { ExecPlugin, KubeCluster } from './kubeconfig.ts'
import { oneLine } from './message-text.ts'

/** What a plugin gave: a token, a client certificate, or both. */
export interface ExecCredential {
  readonly token: string | null
  readonly cert: string | null
  readonly key: string | null
  /** ms since epoch; null: until it is refused. */
  readonly expiresAt: number | null
}

/** Helpers that open a browser take their time; one that takes longer has died on its way. */
const mostMs = 60_000
/** Of a plugin's output; a certificate chain is a tenth of it. */
const mostOutput = 1_048_576
/** Of what it says on its way out. */
const mostWords = 300

/** Runs a plugin once. @throws FaultlineError `unavailable` with the end of the plugin's own output, on one line and with nothing that a terminal would act on */
export async function runExecPlugin(plugin: ExecPlugin, cluster: KubeCluster | null): Promise<ExecCredential> {
  const { command, args, env, apiVersion } = plugin
  const spec = { interactive: false, ...(plugin.provideClusterInfo && cluster !== null ? { cluster: await clusterInfo(cluster) } : {}) }
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]))
  const { out, failure } = await output(command, args, { ...process.env, ...variables, KUBERNETES_EXEC_INFO: info })
  if (failure === null) return credentialOf(out, plugin)
  const hint = failure.missing && plugin.installHint !== '' ? `. ${oneLine(plugin.installHint, mostWords)}` : ''
  throw failed(command, `${failure.words}${hint}`)
}

interface Output {
  readonly out: string
  readonly failure: { readonly words: string; readonly missing: boolean } | null
}

function output(command: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<Output> {
  return new Promise((resolve) => {
    // Nothing to read from: it must not wait for answers that never come. SIGKILL, as helpers may ignore the rest.
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: mostMs, killSignal: 'SIGKILL' })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length < mostOutput) out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-10 * mostWords)
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ out, failure: { words: oneLine(error.message, mostWords), missing: error.code === 'ENOENT' } }),
    )
    child.on('close', (code, signal) => {
      if (code === 0) return resolve({ out, failure: null })
      const how = code !== null ? `exit ${code}` : child.killed ? `no answer within ${mostMs / 1000} s` : `ended by ${signal}`
      resolve({ out, failure: { words: `${how}: ${oneLine(err, mostWords) || '(no words)'}`, missing: false } })
    })
  })
}

/** The output itself is never quoted: it holds credentials. */
function credentialOf(out: string, { command, apiVersion }: ExecPlugin): ExecCredential {
  let found: { readonly apiVersion?: unknown; readonly kind?: unknown; readonly status?: Readonly<Record<string, unknown>> | null }
  try {
    found = Object(JSON.parse(out))
  } catch {
    throw failed(command, 'what it printed is no JSON')
  }
  if (found.kind !== 'ExecCredential') throw failed(command, 'what it printed is no ExecCredential')
  if (found.apiVersion !== apiVersion)
    throw failed(command, `the kubeconfig has apiVersion ${apiVersion}, it printed ${oneLine(asText(found.apiVersion), 60)}`)
  const text = (key: string) => {
    const value = found.status?.[key]
    return typeof value === 'string' && value.trim() !== '' ? value : null
  }
  const [token, cert, key] = [text('token'), text('clientCertificateData'), text('clientKeyData')]
  if ((cert === null) !== (key === null)) throw failed(command, 'it printed a client certificate or a key without the other')
  if (token === null && cert === null) throw failed(command, 'it printed neither token nor client certificate')
  const expiresAt = Date.parse(text('expirationTimestamp') ?? '')
  return { token: token?.trim() ?? null, cert, key, expiresAt: Number.isNaN(expiresAt) ? null : expiresAt }
}

/** The `spec.cluster` of an ExecCredential (https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster). */
async function clusterInfo(cluster: KubeCluster): Promise<object> {
  const { server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl, disableCompression, execConfig } = cluster
  const ca = caData ?? (caFile === undefined ? undefined : (await readFile(caFile)).toString('base64'))
  return {
    server,
    ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
    ...(skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': ca }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    ...(disableCompression === true ? { 'disable-compression': true } : {}),
    ...(execConfig === undefined ? {} : { config: execConfig }),
  }
}

function failed(command: string, why: string): FaultlineError {
  return new FaultlineError('unavailable', `exec plugin ${command}: ${why}`, { retryable: true })
}
