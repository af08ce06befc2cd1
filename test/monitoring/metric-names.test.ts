import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { metricCatalogue } from '../../lib/domain/metrics.ts'

const names = Object.keys(metricCatalogue)

/** Names of our metrics in a file, without what Prometheus adds to those of histograms. */
function namesIn(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').match(/\bchaos_[a-z_]+/g) ?? []
  return [...new Set(found.map((name) => name.replace(/(?<=_seconds)_(bucket|sum|count)$/, '')))].toSorted()
}

describe('the names of metrics', () => {
  it('are all in the documentation, and no others', () => {
    expect(namesIn('docs/metrics.md')).toEqual(names.toSorted())
  })

  it.each(['monitoring/prometheus-rules.yaml', 'monitoring/grafana-dashboard.json'])('that %s asks for exist', (file) => {
    const found = namesIn(file)
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((name) => !names.includes(name))).toEqual([])
  })
})
