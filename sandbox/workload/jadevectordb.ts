import type { Behaviour, HttpAnswer, ProcessContext } from '../behaviours/behaviour.ts'
import { healthOf } from './health.ts'
import { type Counters, durationBuckets } from './traffic.ts'

const stopMs = 1000

/** The simulated database: `/health`, `/metrics`, and a plain answer to anything else. */
export const jadevectordb: Behaviour = (context) => {
  const { traffic } = context.world
  traffic.enter(context.podUid)
  context.world.touch()
  context.log('jadevectordb (simulated) listens on 8080')
  return {
    announces: true,
    http: ({ path }) => answer(context, path.split('?')[0] ?? '/'),
    terminate: () => {
      context.log('SIGTERM: closing')
      context.at(context.now() + stopMs, () => context.exit(0))
    },
  }
}

function json(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function answer(context: ProcessContext, path: string): HttpAnswer {
  const pod = context.pod()
  if (pod === undefined) return json(503, { status: 'unavailable' })
  if (path === '/metrics') {
    const counters = context.world.traffic.countersOf(context.podUid)
    const body = metrics(counters, context.world.usage(pod).memoryMiB)
    return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body }
  }
  const health = healthOf(context.world, pod)
  const status = health.status === 'unavailable' ? 503 : 200
  const delayMs = 2 * context.world.usage(pod).latencyMs
  return { ...json(status, { ...health, pod: pod.metadata.name, simulated: true }), delayMs }
}

/** Shares of a second add up to whole requests but for the last digits. */
const whole = (count: number): number => Math.floor(count + 1e-6)

function metrics(counters: Counters, memoryMiB: number): string {
  const [ok, failed] = [whole(counters.ok), whole(counters.failed)]
  const total = ok + failed
  const bucket = (bound: number, index: number) =>
    `jadevectordb_request_duration_seconds_bucket{le="${bound}"} ${Math.min(total, whole(counters.buckets[index] ?? 0))}`
  return [
    '# HELP jadevectordb_requests_total Requests answered, by status.',
    '# TYPE jadevectordb_requests_total counter',
    `jadevectordb_requests_total{status="200"} ${ok}`,
    `jadevectordb_requests_total{status="503"} ${failed}`,
    '# HELP jadevectordb_request_duration_seconds How long requests took.',
    '# TYPE jadevectordb_request_duration_seconds histogram',
    ...durationBuckets.map(bucket),
    `jadevectordb_request_duration_seconds_bucket{le="+Inf"} ${total}`,
    `jadevectordb_request_duration_seconds_sum ${counters.durationSum.toFixed(6)}`,
    `jadevectordb_request_duration_seconds_count ${total}`,
    '# HELP process_resident_memory_bytes Resident memory.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${Math.round(memoryMiB * 2 ** 20)}`,
    '',
  ].join('\n')
}
