import { qualifiedName, type Resource } from '../resources.ts'
import type { Dict } from '../wire.ts'

export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

interface StatusParts {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: Dict
}

/** Thrown wherever a request must be refused; the server answers with its Kubernetes Status. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Dict | undefined

  constructor(parts: StatusParts) {
    super(parts.message)
    this.name = 'StatusError'
    this.code = parts.code
    this.reason = parts.reason
    this.details = parts.details
  }

  /** The body in exactly the form of a real API server. */
  toStatus(): Dict {
    const { message, reason, details, code } = this
    const tail = details === undefined ? { code } : { details, code }
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...tail }
  }
}

function detailsOf(resource: Resource, name: string | undefined): Dict {
  return { ...(name ? { name } : {}), ...(resource.group ? { group: resource.group } : {}), kind: resource.plural }
}

function about(resource: Resource, name: string, code: number, reason: string, tail: string): StatusError {
  const message = `${qualifiedName(resource)} "${name}" ${tail}`
  return new StatusError({ code, reason, message, details: detailsOf(resource, name) })
}

export const notFound = (resource: Resource, name: string): StatusError => about(resource, name, 404, 'NotFound', 'not found')

export const alreadyExists = (resource: Resource, name: string): StatusError =>
  about(resource, name, 409, 'AlreadyExists', 'already exists')

export const forbidden = (resource: Resource, name: string, why: string): StatusError =>
  about(resource, name, 403, 'Forbidden', `is forbidden: ${why}`)

export function conflict(resource: Resource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`
  return new StatusError({ code: 409, reason: 'Conflict', message, details: detailsOf(resource, name) })
}

export const staleWrite = (resource: Resource, name: string): StatusError =>
  conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again')

/** 422: what a field check found, each cause with its field. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): StatusError {
  const parts = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message))
  const text = parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`
  const group = resource.group ? { group: resource.group } : {}
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${resource.kind}${resource.group ? `.${resource.group}` : ''} "${name}" is invalid: ${text}`,
    details: { name, ...group, kind: resource.kind, causes },
  })
}

export const badRequest = (message: string): StatusError => new StatusError({ code: 400, reason: 'BadRequest', message })

export const expired = (message: string): StatusError => new StatusError({ code: 410, reason: 'Expired', message })

export const noSuchPath = (): StatusError =>
  new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} })

export const notAllowed = (): StatusError =>
  new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })

export const unsupportedMedia = (given: string, supported: readonly string[]): StatusError =>
  new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}${given ? '' : ' (no content type given)'}`,
  })

/** 503 of the proxy subresources when there is no answer from the other end. */
export const unreachable = (why: string): StatusError =>
  new StatusError({ code: 503, reason: 'ServiceUnavailable', message: `error trying to reach service: ${why}` })

/** 429 of the eviction subresource while a disruption budget holds. */
export function budgetHolds(name: string, needed: number, healthy: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`,
        },
      ],
    },
  })
}
