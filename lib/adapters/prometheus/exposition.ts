import { type Metric, Registry } from 'prom-client'
import type { MetricFamily } from '../../domain/metrics.ts'

/** Of what `exposition` gives. */
export const expositionType = Registry.PROMETHEUS_CONTENT_TYPE

/** The families as Prometheus reads them (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function exposition(families: readonly MetricFamily[]): Promise<string> {
  const registry = new Registry()
  for (const family of families) registry.registerMetric(storedMetric(family))
  return registry.metrics()
}

/** prom-client's own classes count from zero in this process; these values were counted elsewhere. A registry only ever asks for `get`. */
function storedMetric({ name, help, kind, samples }: MetricFamily): Metric {
  const values = samples.map((sample) => ({ metricName: sample.name, labels: sample.labels, value: sample.value }))
  return { name, help, type: kind, get: async () => ({ name, help, type: kind, values, aggregator: 'sum' }) } as unknown as Metric
}
