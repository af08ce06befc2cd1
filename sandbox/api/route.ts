import { findResource, type Resource } from '../resources.ts'
import { noSuchPath } from './status.ts'

/** What a request path names. */
export interface Route {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** What follows a proxy subresource, with its leading slash. */
  readonly rest: string
}

/** Parses `/api/v1/…` and `/apis/GROUP/VERSION/…`; throws 404 for what the cluster does not serve. */
export function parseRoute(pathname: string): Route {
  const parts = pathname.split('/').slice(1).map(decodeURIComponent)
  const core = parts[0] === 'api'
  const [group = '', version] = core ? ['', parts[1]] : [parts[1], parts[2]]
  const tail = parts.slice(core ? 2 : 3)
  const nested = tail[0] === 'namespaces' && tail.length > 2 && findResource(tail[2] ?? '') !== undefined
  const namespace = nested ? tail[1] : undefined
  const [plural = '', name, subresource, ...rest] = nested ? tail.slice(2) : tail
  const resource = findResource(plural)
  if (resource === undefined || resource.group !== group || resource.version !== version) throw noSuchPath()
  if (namespace !== undefined && !resource.namespaced) throw noSuchPath()
  if (name !== undefined && resource.namespaced && namespace === undefined) throw noSuchPath()
  if (subresource && !resource.subresources.includes(subresource)) throw noSuchPath()
  return { resource, namespace, name: name || undefined, subresource: subresource || undefined, rest: `/${rest.join('/')}` }
}
