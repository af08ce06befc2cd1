import type { Resource } from '../resources.ts'
import type { Dict, KubeObject } from '../wire.ts'
import { columnsOf } from './columns.ts'
import type { Exchange } from './exchange.ts'

/** Whether the client asks for a Table, as kubectl does. */
export function wantsTable(exchange: Exchange): boolean {
  return /as=Table/.test(exchange.accept)
}

interface Options {
  readonly now: number
  readonly include: string | undefined
}

/** The meta.k8s.io/v1 Table of some objects, with the columns kubectl knows from a real cluster. */
export function asTable(resource: Resource, page: { metadata: Dict; items: readonly KubeObject[] }, { now, include }: Options): Dict {
  const columns = columnsOf(resource)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: page.metadata,
    columnDefinitions: columns.map(({ name, type = 'string', wide = false }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: `${name} (simulated cluster)`,
      priority: wide ? 1 : 0,
    })),
    rows: page.items.map((object) => ({ cells: columns.map(({ value }) => value(object, now)), object: shown(object, include) })),
  }
}

function shown(object: KubeObject, include = 'Metadata'): unknown {
  if (include === 'None') return null
  if (include === 'Object') return object
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}
