import type { Deployment } from '../kinds.ts'
import { plainCopy } from '../plain.ts'
import type { KubeObject } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import { jsonPatch } from './json-patch.ts'
import type { Route } from './route.ts'
import { notAllowed } from './status.ts'
import { mergePatch } from './strategic-merge.ts'

function scaleOf(object: Deployment): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = Object.entries(object.spec.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec.replicas ?? 1 },
    status: { replicas: object.status?.replicas ?? 0, selector },
  }
}

/** The scale subresource: reads and writes nothing but `spec.replicas`. */
export function handleScale(backend: Backend, { resource, name = '', namespace }: Route, exchange: Exchange): void {
  const object = backend.cluster.get(resource.plural, name, namespace) as Deployment
  if (exchange.method === 'GET') {
    exchange.send(200, scaleOf(object))
    return
  }
  if (exchange.method !== 'PUT' && exchange.method !== 'PATCH') throw notAllowed()
  const current = scaleOf(object)
  const { resourceVersion: _known, ...metadata } = current.metadata
  const json = exchange.contentType === 'application/json-patch+json'
  const patched = () => (json ? jsonPatch(current, exchange.parsed()) : mergePatch({ ...current, metadata }, exchange.parsed()))
  const wanted = (exchange.method === 'PUT' ? exchange.object() : patched()) as unknown as KubeObject
  const replicas = (wanted.spec as { replicas?: number } | undefined)?.replicas ?? 0
  const draft = plainCopy(object)
  draft.spec.replicas = replicas
  draft.metadata.resourceVersion = wanted.metadata?.resourceVersion ?? object.metadata.resourceVersion
  exchange.send(200, scaleOf(backend.cluster.replace(resource.plural, draft, { dryRun: exchange.dryRun }) as Deployment))
}
