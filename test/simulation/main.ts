import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const seeds = Number(values.seeds)
const from = values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.from)
const began = performance.now()
const failed: number[] = []
const ends = new Map<string, number>()

for (let seed = from; seed < from + seeds; seed++) {
  const { violations, trace, runs } = await simulate(seed)
  for (const run of runs) {
    const [end = ''] = run.split(' ')
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  if (violations.length > 0) failed.push(seed)
  if (values.json) continue
  if (values.trace) for (const line of trace) console.log(line)
  if (values.trace) for (const run of runs) console.log(`seed ${seed}: ${run}`)
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
}

const seconds = (performance.now() - began) / 1000
const result = {
  seeds,
  from,
  violations: failed.length,
  failed,
  ends: Object.fromEntries(ends),
  seedsPerSecond: Math.round((seeds / seconds) * 10) / 10,
}
console.log(
  values.json
    ? JSON.stringify(result)
    : `${seeds} seeds from ${from}: ${failed.length} with violations${failed.length > 0 ? ` (${failed.join(', ')}); npm run simulate -- --seeds 1 --from ${failed[0]} --trace` : ''}; ends ${JSON.stringify(result.ends)}; ${result.seedsPerSecond} seeds a second`,
)
process.exitCode = failed.length > 0 ? 1 : 0
