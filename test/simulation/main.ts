import { parseArgs } from 'node:util'
import { alone, crashEverywhere, crashReaperEverywhere } from './crash-points.ts'
import { faults } from './plan.ts'
import { type Outcome, shrink, simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string' },
    /** Begins no new world after so many seconds. */
    seconds: { type: 'string' },
    /** Parts of the worlds, separated by commas, that are left out. */
    without: { type: 'string', default: '' },
    /** Ends with the first world that fails. */
    first: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    /** Instead of random worlds: every fault, with a driver and a reaper that die before and after each of their writes in turn. */
    'crash-points': { type: 'boolean', default: false },
    /** Of the crash points, those of the faults of this kind alone. */
    kind: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

process.exitCode = (await (values['crash-points'] ? crashPoints() : worlds())) === 0 ? 0 : 1

async function crashPoints(): Promise<number> {
  let count = 0
  for (const fault of faults.filter(({ kind }) => values.kind === undefined || values.kind === kind)) {
    const violations = [...(await crashEverywhere(alone(fault))), ...(await crashReaperEverywhere(alone(fault)))]
    console.log(`${fault.type} ${fault.kind}: ${violations.length === 0 ? 'every crash point holds' : violations.join('\n')}`)
    count += violations.length
  }
  return count
}

/** Random worlds, one seed after the other; answers with how many of them violated something. */
async function worlds(): Promise<number> {
  const wanted = Number(values.seeds)
  const mostMs = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1_000
  const from = values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.from)
  const without = new Set(values.without.split(',').filter((part) => part !== ''))
  const [began, cpuAtFirst] = [performance.now(), process.cpuUsage()]
  const failed: number[] = []
  const ends: Record<string, number> = {}
  let seeds = 0
  while (seeds < wanted && performance.now() - began < mostMs) {
    const outcome = await simulate(from + seeds++, without)
    for (const run of outcome.runs) {
      const [end = ''] = run.split(' ')
      ends[end] = (ends[end] ?? 0) + 1
    }
    show(outcome)
    if (outcome.violations.length === 0) continue
    failed.push(outcome.seed)
    if (values.first) break
    if (values.shrink) await showSmaller(outcome.seed)
  }
  const { user, system } = process.cpuUsage(cpuAtFirst)
  const rate = (seconds: number) => Math.round((seeds / seconds) * 10) / 10
  const [seedsPerSecond, seedsPerSecondOfCpu] = [rate((performance.now() - began) / 1_000), rate((user + system) / 1_000_000)]
  const result = { seeds, from, ends, seedsPerSecond, seedsPerSecondOfCpu, failed, violations: failed.length }
  console.log(values.json ? JSON.stringify(result) : textOf(result))
  return failed.length
}

function textOf(result: {
  readonly seeds: number
  readonly from: number
  readonly ends: object
  readonly seedsPerSecond: number
  readonly seedsPerSecondOfCpu: number
  readonly failed: readonly number[]
}): string {
  const { seeds, from, ends, seedsPerSecond, seedsPerSecondOfCpu, failed } = result
  const again = failed.length > 0 ? ` (${failed.join(', ')}); npm run simulate -- --seeds 1 --from ${failed[0]} --trace` : ''
  const speed = `${seedsPerSecond} seeds a second (${seedsPerSecondOfCpu} per second of processor)`
  return `${seeds} seeds from ${from}: ${failed.length} with violations${again}; ends ${JSON.stringify(ends)}; ${speed}`
}

function show({ seed, violations, trace, runs }: Outcome): void {
  if (values.json) return
  if (values.trace) for (const line of trace) console.log(line)
  if (values.trace) for (const run of runs) console.log(`seed ${seed}: ${run}`)
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
}

/** To the error output, so that the last line of the other is the result. */
async function showSmaller(seed: number): Promise<void> {
  const { without, outcome } = await shrink(seed)
  for (const violation of outcome.violations) console.error(`seed ${seed}, shrunk: ${violation}`)
  const parts = [...without].join(',')
  console.error(`npm run simulate -- --seeds 1 --from ${seed}${parts === '' ? '' : ` --without ${parts}`} --trace`)
}
