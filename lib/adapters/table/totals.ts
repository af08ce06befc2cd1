import { createHash, randomUUID } from 'node:crypto'
import { placeOf, type Total } from '../../domain/metrics.ts'
import type { TotalsStore } from '../../ports.ts'
import { notJustAdded } from './conditions.ts'
import { type Key, placePrefix, totalsPartition } from './keys.ts'
import type { Item, TableAccess } from './table-access.ts'

const amountPrefix = 'amount:'

/** Totals in the table, one item per series; DynamoDB adds, so that drivers that count at once lose nothing. */
export function createTotalsStore(table: TableAccess): TotalsStore {
  return {
    add: async ({ metric, labels, amounts }) => {
      const addition = randomUUID()
      const change = { amounts: prefixed(amounts), set: { metric, labels, lastAddition: addition } }
      await table.add(seriesKey({ metric, labels }), change, notJustAdded(addition))
    },
    set: async ({ metric, labels, amounts }) => {
      await table.put({ ...seriesKey({ metric, labels }), metric, labels, ...prefixed(amounts) })
    },
    read: async (place) => {
      const sort = place && ({ is: 'beginsWith', value: placePrefix(place) } as const)
      const items = await table.query({ from: 'items', partition: totalsPartition, ...(sort && { sort }) })
      return items.map(totalOf)
    },
  }
}

/** Label values may be long and of any script: the key holds their hash, the item themselves. */
function seriesKey({ metric, labels }: Pick<Total, 'metric' | 'labels'>): Key {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
  return { pk: totalsPartition, sk: `${placePrefix(placeOf(labels))}${metric}#${hash}` }
}

function prefixed(amounts: Total['amounts']): Record<string, number> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [`${amountPrefix}${name}`, amount]))
}

function totalOf(item: Item): Total {
  const amounts = Object.entries(item).filter(([name]) => name.startsWith(amountPrefix))
  return {
    metric: item.metric as Total['metric'],
    labels: item.labels as Total['labels'],
    amounts: Object.fromEntries(amounts.map(([name, amount]) => [name.slice(amountPrefix.length), Number(amount)])),
  }
}
