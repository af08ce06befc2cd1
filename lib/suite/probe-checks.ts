import { notAllowed, quote } from './did-you-mean.ts'
import { valueAt } from './explain.ts'
import { probePresets } from './probe-presets.ts'
import { keysOfType, probeDefaults } from './probes-schema.ts'
import type { Finding, Path } from './problems.ts'

/** Summaries of every step stand in the run's one record, which has room for so many. */
const mostTogether = 500

/** What no single field of a probe or threshold shows. Works on the file as it stands, as the other conditions between fields do. */
export function probeFindings(file: unknown): readonly Finding[] {
  const probes = listAt(file, 'probes')
  const thresholds = listAt(file, 'thresholds')
  return [
    ...tooMany(file, probes.length),
    ...twice('probes', probes.map(nameOf)),
    ...twice(
      'load',
      listAt(file, 'load').map((load) => textAt(load, 'name')),
    ),
    ...probes.flatMap((probe, n) => oneProbe(file, probe, ['probes', n])),
    ...twice(
      'thresholds',
      thresholds.map((threshold) => textAt(threshold, 'name')),
    ),
    ...thresholds.flatMap((threshold, n) => oneThreshold(threshold, ['thresholds', n], probes)),
  ]
}

function tooMany(file: unknown, probes: number): readonly Finding[] {
  const steps = listAt(file, 'experiments').length
  if (steps * probes <= mostTogether) return []
  const message = `found ${probes} for ${steps} steps; allowed: at most ${Math.floor(mostTogether / steps)} (steps times probes: ${mostTogether})`
  return [{ path: ['probes'], at: 'key', message }]
}

function twice(list: string, names: readonly (string | undefined)[]): readonly Finding[] {
  return names.flatMap((name, n): readonly Finding[] => {
    const first = names.indexOf(name)
    if (name === undefined || first === n) return []
    return [{ path: [list, n], at: 'value', message: `${quote(name)} is the name of ${list}[${first}] too; give it another \`name\`` }]
  })
}

function oneProbe(file: unknown, probe: unknown, path: Path): readonly Finding[] {
  const findings: Finding[] = []
  const say = (key: string, message: string) => findings.push({ path: [...path, key], at: 'key', message })
  const { min, max, window, step } = {
    min: valueAt(probe, ['tolerance', 'min']),
    max: valueAt(probe, ['tolerance', 'max']),
    window: valueAt(probe, ['range', 'window']),
    step: valueAt(probe, ['range', 'step']),
  }
  const tolerance = valueAt(probe, ['tolerance'])
  if (typeof tolerance === 'object' && tolerance !== null && Object.keys(tolerance).length === 0)
    say('tolerance', 'says nothing; expected min, max, op or regex')
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    say('tolerance', `min ${min} is above max ${max}: nothing would be within`)
  if (typeof window === 'number' && typeof step === 'number' && (step > window || window / step > 1000))
    say('range', `found a step of ${step} in a window of ${window}; allowed: 1 to 1000 steps`)
  const method = textAt(probe, 'method') ?? 'GET'
  const read = valueAt(probe, ['read'])
  if (valueAt(probe, ['body']) !== undefined && method !== 'POST')
    say('body', `does not go with ${method}. Allowed: only with "method": "POST"`)
  if (method === 'HEAD' && read !== undefined && read !== 'status' && read !== 'latency')
    say('read', 'an answer to HEAD has no body. Allowed: status, latency')
  if (textAt(probe, 'type') === 'load') findings.push(...loadFindings(file, probe, path))
  return [...findings, ...presetFindings(probe, path)]
}

function loadFindings(file: unknown, probe: unknown, path: Path): readonly Finding[] {
  const [wanted, known] = [textAt(probe, 'load'), listAt(file, 'load').flatMap((load) => textAt(load, 'name') ?? [])]
  if (wanted === undefined || known.includes(wanted)) return []
  const message = known.length === 0 ? `${quote(wanted)} is no load: the suite has none` : notAllowed(wanted, known, 'is no load')
  return [{ path: [...path, 'load'], at: 'value', message }]
}

function presetFindings(probe: unknown, path: Path): readonly Finding[] {
  const name = textAt(probe, 'preset') ?? ''
  const preset = Object.hasOwn(probePresets, name) ? probePresets[name as keyof typeof probePresets] : undefined
  if (preset === undefined) return []
  const { type } = preset.probe
  const allowed = ['preset', 'name', 'threshold', ...keysOfType[type]]
  const others = new Set(Object.values(keysOfType).flat())
  return Object.keys(Object(probe)).flatMap((key): readonly Finding[] =>
    allowed.includes(key) || !others.has(key)
      ? []
      : [
          {
            path: [...path, key],
            at: 'key',
            message: `does not go with preset ${quote(name)}, a ${type} probe. Allowed: ${allowed.join(', ')}`,
          },
        ],
  )
}

function oneThreshold(threshold: unknown, path: Path, probes: readonly unknown[]): readonly Finding[] {
  const wanted = textAt(threshold, 'probe')
  if (wanted === undefined) return []
  const at = [...path, 'probe']
  const known = probes.flatMap((probe) => nameOf(probe) ?? [])
  if (!known.includes(wanted)) {
    const message = known.length === 0 ? `${quote(wanted)} is no probe: the suite has none` : notAllowed(wanted, known, 'is no probe')
    return [{ path: at, at: 'value', message }]
  }
  const probe = probes.find((one) => nameOf(one) === wanted)
  const mode = textAt(probe, 'mode') ?? (textAt(probe, 'type') === 'load' ? 'during' : probeDefaults.mode)
  if (mode === 'during' || mode === 'continuous') return []
  return [
    { path: at, at: 'value', message: `${quote(wanted)} has the mode ${quote(mode)}; a threshold needs \`during\` or \`continuous\`` },
  ]
}

function nameOf(probe: unknown): string | undefined {
  return textAt(probe, 'name') ?? textAt(probe, 'preset')
}

function textAt(object: unknown, key: string): string | undefined {
  const value = valueAt(object, [key])
  return typeof value === 'string' ? value : undefined
}

function listAt(file: unknown, key: string): readonly unknown[] {
  const list = valueAt(file, [key])
  return Array.isArray(list) ? list : []
}
