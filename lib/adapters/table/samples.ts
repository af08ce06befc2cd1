import type { ProbeSample } from '../../domain/probe.ts'
import type { SampleStore } from '../../ports.ts'
import { runPartition, samplesKey, samplesPrefix } from './keys.ts'
import type { TableAccess } from './table-access.ts'

/** Of one item; DynamoDB takes 400 KB. */
const batchBytes = 200 * 1024

/**
 * A run lasts seven days at most and is kept for thirty after its end: samples are marked when they are written, so that the end of a run
 * need not touch them.
 */
const keptMs = 37 * 24 * 3_600_000

/** Answers of probes in the table, many to an item; a batch that is added again, or again with more, takes the place of the first. */
export function createSampleStore(table: TableAccess): SampleStore {
  return {
    add: async (runId, samples) => {
      for (const batch of batches(samples)) {
        const [first] = batch
        if (first === undefined) continue
        await table.put({ ...samplesKey(runId, first), ttl: Math.ceil((first.at + keptMs) / 1_000), body: batch })
      }
    },
    list: async (runId) => {
      const items = await table.query({ from: 'items', partition: runPartition(runId), sort: { is: 'beginsWith', value: samplesPrefix } })
      return items.flatMap((item) => item.body as ProbeSample[]).sort((a, b) => a.at - b.at)
    },
  }
}

function batches(samples: readonly ProbeSample[]): readonly (readonly ProbeSample[])[] {
  const all: ProbeSample[][] = []
  let bytes = batchBytes
  for (const sample of samples) {
    const size = Buffer.byteLength(JSON.stringify(sample))
    if (bytes + size > batchBytes) {
      all.push([])
      bytes = 0
    }
    all.at(-1)?.push(sample)
    bytes += size
  }
  return all
}
