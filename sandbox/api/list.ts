import { apiVersionOf, type Resource } from '../resources.ts'
import { parseFieldSelector, parseLabelSelector } from '../selectors.ts'
import { keyOf } from '../store.ts'
import type { Dict, KubeObject } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import { badRequest, expired } from './status.ts'

/** The filter of a request's label and field selectors. */
export function selectionOf(resource: Resource, exchange: Exchange): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(exchange.query('labelSelector') ?? '')
  const fields = parseFieldSelector(resource.plural, exchange.query('fieldSelector') ?? '')
  return (object) => labels(object) && fields(object)
}

interface Page {
  readonly metadata: Dict
  readonly items: KubeObject[]
}

interface Token {
  readonly revision: number
  readonly after: string
}

function parseToken(text: string): Token {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Token
  } catch {
    throw badRequest('continue key is not valid')
  }
}

/** One page of a list: selected, ordered by namespace and name, cut at `limit`. */
export function listPage(
  backend: Backend,
  { resource, namespace }: { resource: Resource; namespace: string | undefined },
  exchange: Exchange,
): Page {
  const { store } = backend.cluster
  const selected = selectionOf(resource, exchange)
  const given = exchange.query('continue')
  const token = given ? parseToken(given) : undefined
  if (token !== undefined && token.revision < store.oldest) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    )
  }
  const limit = Number(exchange.query('limit') ?? 0) || Number.POSITIVE_INFINITY
  const items: KubeObject[] = []
  let more = false
  for (const object of store.inOrder(resource.plural, namespace, token?.after)) {
    if (!selected(object)) continue
    more = items.length >= limit
    if (more) break
    items.push(object)
  }
  const revision = token?.revision ?? store.revision
  const metadata: Dict = { resourceVersion: String(revision) }
  const last = items.at(-1)
  if (more && last !== undefined) {
    const after = keyOf(last)
    metadata.continue = Buffer.from(JSON.stringify({ revision, after })).toString('base64url')
    const whole = !exchange.query('labelSelector') && !exchange.query('fieldSelector')
    if (whole) metadata.remainingItemCount = store.countAfter(resource.plural, namespace, after)
  }
  return { metadata, items }
}

/** A page as the API answers it: items carry no kind of their own. */
export function asList(resource: Resource, { metadata, items }: Page): Dict {
  const bare = items.map(({ apiVersion: _version, kind: _kind, ...object }) => object)
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items: bare }
}
