import { parseArgs } from 'node:util'
import { type Outcome, shrink, simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string' },
    /** Stops beginning new seeds after so many seconds. */
    seconds: { type: 'string' },
    without: { type: 'string', default: '' },
    shrink: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const wanted = Number(values.seeds)
const mostMs = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1_000
const from = values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.from)
const without = new Set(values.without.split(',').filter((part) => part !== ''))
const began = performance.now()
const cpuAtFirst = process.cpuUsage()
const failed: number[] = []
const ends = new Map<string, number>()

function show({ seed, violations, trace, runs }: Outcome): void {
  if (values.trace) for (const line of trace) console.log(line)
  if (values.trace) for (const run of runs) console.log(`seed ${seed}: ${run}`)
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
}

let seeds = 0
for (; seeds < wanted && performance.now() - began < mostMs; seeds++) {
  const seed = from + seeds
  const outcome = await simulate(seed, without)
  for (const run of outcome.runs) {
    const [end = ''] = run.split(' ')
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const isFailed = outcome.violations.length > 0
  if (isFailed) failed.push(seed)
  if (!values.json) show(outcome)
  if (!isFailed || !values.shrink) continue
  const smaller = await shrink(seed)
  const parts = [...smaller.without].join(',')
  if (!values.json) show(smaller.outcome)
  console.error(`seed ${seed} needs no more than: npm run simulate -- --seeds 1 --from ${seed} --without ${parts || '""'} --trace`)
}

const seconds = (performance.now() - began) / 1_000
const { user, system } = process.cpuUsage(cpuAtFirst)
const rate = (per: number) => Math.round((seeds / per) * 10) / 10
const result = {
  seeds,
  from,
  ends: Object.fromEntries(ends),
  seedsPerSecond: rate(seconds),
  seedsPerSecondOfCpu: rate((user + system) / 1_000_000),
  failed,
  violations: failed.length,
}
const again = failed.length > 0 ? ` (${failed.join(', ')}); npm run simulate -- --seeds 1 --from ${failed[0]} --trace` : ''
console.log(
  values.json
    ? JSON.stringify(result)
    : `${seeds} seeds from ${from}: ${failed.length} with violations${again}; ends ${JSON.stringify(result.ends)}; ${result.seedsPerSecond} seeds a second (${result.seedsPerSecondOfCpu} per second of processor)`,
)
process.exitCode = failed.length > 0 ? 1 : 0
