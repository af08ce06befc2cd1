import { calls } from './calls.ts'
import { cluster } from './cluster.ts'
import { coldstart } from './coldstart.ts'
import { memory, start } from './command.ts'
import { cost } from './cost.ts'
import { effect } from './effect.ts'
import { fanout } from './fanout.ts'
import { lateness } from './lateness.ts'
import { report } from './report.ts'
import { soak } from './soak.ts'

/** Benchmarks by name; each answers one JSON document and whether its limits held. */
const benches: Readonly<Record<string, () => Promise<{ readonly ok: boolean }>>> = {
  fanout,
  lateness,
  calls,
  cluster,
  coldstart,
  start,
  memory,
  effect,
  cost,
  report,
  soak,
}

/** Each after the other: side by side they would slow one another. */
async function all(): Promise<{ readonly ok: boolean }> {
  const results: Record<string, { readonly ok: boolean }> = {}
  for (const [name, bench] of Object.entries(benches)) results[name] = await bench()
  return { ...results, ok: Object.values(results).every(({ ok }) => ok) }
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = name === 'all' ? all : Object.hasOwn(benches, name) ? benches[name] : undefined
if (bench === undefined) {
  process.stderr.write(`bench \`${name}\` is not known. Allowed: ${Object.keys(benches).join(', ')}, all\n`)
  process.exit(2)
}
const result = await bench()
process.stdout.write(`${JSON.stringify(result, null, flags.includes('--json') ? 0 : 2)}\n`)
process.exitCode = result.ok ? 0 : 1
