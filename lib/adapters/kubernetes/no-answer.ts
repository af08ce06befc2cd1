import { codeOf, syscallOf, wordsOf } from './message-text.ts'

/** Certificates do not get better by asking again. */
const certificateCodes = [
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

/** Thrown by one attempt that got no (whole) answer; the retry loop decides what becomes of it. */
export class NoAnswer extends Error {
  /** False when the server cannot have seen the request. */
  readonly sent: boolean
  /** True when trying again at once cannot help. */
  readonly permanent: boolean
  readonly retryable: boolean

  constructor(message: string, options: { cause: unknown; sent: boolean; permanent: boolean; retryable: boolean }) {
    super(message, { cause: options.cause })
    this.name = 'NoAnswer'
    this.sent = options.sent
    this.permanent = options.permanent
    this.retryable = options.retryable
  }
}

/** Makes a `NoAnswer` of whatever the connection threw; `started` says whether the request may have left. */
export function noAnswer(error: unknown, context: { readonly server: string; readonly started: boolean }): NoAnswer {
  if (error instanceof NoAnswer) return error
  const code = codeOf(error)
  const untrusted = certificateCodes.includes(code)
  // A new certificate beside an old key is a renewal in the middle of being written.
  const permanent = untrusted || code.startsWith('ERR_SSL_') || (code.startsWith('ERR_OSSL_') && !code.endsWith('KEY_VALUES_MISMATCH'))
  const unconnected = untrusted || code === 'UND_ERR_CONNECT_TIMEOUT' || ['connect', 'getaddrinfo'].includes(syscallOf(error))
  const what = context.started ? `no answer from ${context.server}` : "the kubeconfig's credentials could not be had"
  return new NoAnswer(`${what}: ${wordsOf(error)}`, {
    cause: error,
    sent: context.started && !unconnected,
    permanent,
    retryable: !permanent,
  })
}
