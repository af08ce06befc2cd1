import { resourceFor } from '../cluster.ts'
import { type DeleteOptions, deleteObject } from '../deletion.ts'
import type { Dict, KubeObject, Manifest } from '../wire.ts'
import { handleEviction } from './eviction.ts'
import type { Backend, Exchange } from './exchange.ts'
import { asList, listPage } from './list.ts'
import { handleLog } from './logs.ts'
import { checkName, patchObject } from './patch.ts'
import { handleProxy } from './proxy.ts'
import type { Route } from './route.ts'
import { handleScale } from './scale.ts'
import { badRequest, notAllowed } from './status.ts'
import { asTable, wantsTable } from './table.ts'
import { watchObjects } from './watch.ts'

/** Answers one request to a stored resource. */
export async function handleResource(backend: Backend, route: Route, exchange: Exchange): Promise<void> {
  const where = { name: route.name ?? '', namespace: route.namespace, subresource: route.subresource }
  backend.cluster.rules.authorize(route.resource, verbOf(route, exchange), where)
  if (route.subresource === 'log') return handleLog(backend, route, exchange)
  if (route.subresource === 'proxy') return handleProxy(backend, route, exchange)
  if (route.subresource === 'eviction') return handleEviction(backend, route, exchange)
  if (route.subresource === 'scale') return handleScale(backend, route, exchange)
  if (route.name === undefined) return handleCollection(backend, route, exchange)
  return handleObject(backend, route, exchange)
}

function verbOf({ name, subresource }: Route, exchange: Exchange): string {
  const watching = exchange.flag('watch')
  const verbs: Record<string, string> = {
    GET: watching ? 'watch' : name === undefined ? 'list' : 'get',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: name === undefined ? 'deletecollection' : 'delete',
  }
  return subresource === 'proxy' ? 'get' : (verbs[exchange.method] ?? 'get')
}

function handleCollection(backend: Backend, route: Route, exchange: Exchange): void {
  const { resource, namespace } = route
  if (exchange.method === 'GET') {
    if (exchange.flag('watch')) {
      watchObjects(backend, route, exchange)
      return
    }
    const page = listPage(backend, route, exchange)
    exchange.send(200, wantsTable(exchange) ? asTable(resource, page, tableOptions(backend, exchange)) : asList(resource, page))
    return
  }
  if (exchange.method === 'POST') {
    if (resource.namespaced && namespace === undefined) throw notAllowed()
    const object = backend.cluster.create(resource.plural, exchange.object() as Manifest, { namespace, dryRun: exchange.dryRun })
    sendObject(backend, exchange, { object: object as KubeObject, code: 201 })
    return
  }
  if (exchange.method !== 'DELETE') throw notAllowed()
  const page = listPage(backend, route, exchange)
  const options = deleteOptions(exchange)
  for (const object of page.items) deleteObject(backend.cluster, object, options)
  exchange.send(200, asList(resource, page))
}

function handleObject(backend: Backend, route: Route, exchange: Exchange): void {
  const { resource, namespace, name = '' } = route
  const subresource = route.subresource === 'status' ? ('status' as const) : undefined
  switch (exchange.method) {
    case 'GET':
      sendObject(backend, exchange, { object: backend.cluster.get(resource.plural, name, namespace) as KubeObject, code: 200 })
      return
    case 'PUT': {
      const body = exchange.object() as KubeObject
      checkName(body, name)
      const wanted = { ...body, metadata: { ...body.metadata, name, ...(namespace === undefined ? {} : { namespace }) } }
      const object = backend.cluster.replace(resource.plural, wanted, { dryRun: exchange.dryRun, subresource, manager: exchange.manager })
      sendObject(backend, exchange, { object, code: 200 })
      return
    }
    case 'PATCH': {
      const { object, created } = patchObject(backend, { resource, name, namespace, subresource }, exchange)
      sendObject(backend, exchange, { object, code: created ? 201 : 200 })
      return
    }
    case 'DELETE':
      sendDeleted(backend, exchange, backend.cluster.get(resource.plural, name, namespace) as KubeObject)
      return
    default:
      throw notAllowed()
  }
}

function tableOptions(backend: Backend, exchange: Exchange): { now: number; include: string | undefined } {
  return { now: backend.cluster.now(), include: exchange.query('includeObject') }
}

function sendObject(backend: Backend, exchange: Exchange, { object, code }: { object: KubeObject; code: number }): void {
  if (!wantsTable(exchange)) {
    exchange.send(code, object)
    return
  }
  const page = { metadata: { resourceVersion: object.metadata.resourceVersion }, items: [object] }
  exchange.send(code, asTable(resourceFor(object), page, tableOptions(backend, exchange)))
}

function deleteOptions(exchange: Exchange): DeleteOptions {
  const body: Dict = exchange.json() ?? {}
  const grace = exchange.query('gracePeriodSeconds')
  const policy = exchange.query('propagationPolicy') ?? body.propagationPolicy ?? (body.orphanDependents === true ? 'Orphan' : undefined)
  if (policy !== undefined && policy !== 'Orphan' && policy !== 'Background' && policy !== 'Foreground') {
    throw badRequest(
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "${String(policy)}": supported values: "Background", "Foreground", "Orphan"`,
    )
  }
  return {
    propagationPolicy: policy,
    gracePeriodSeconds: grace === undefined ? (body.gracePeriodSeconds as number | undefined) : Number(grace),
    preconditions: body.preconditions as DeleteOptions['preconditions'],
    dryRun: exchange.dryRun || (Array.isArray(body.dryRun) && body.dryRun.length > 0),
  }
}

function sendDeleted(backend: Backend, exchange: Exchange, current: KubeObject): void {
  const { object, gone } = deleteObject(backend.cluster, current, deleteOptions(exchange))
  const { plural, group } = resourceFor(object)
  if (!gone || plural === 'pods') {
    exchange.send(200, object)
    return
  }
  const { name, uid } = object.metadata
  const details = { name, ...(group ? { group } : {}), kind: plural, uid }
  exchange.send(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
}
