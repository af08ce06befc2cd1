import type { OutputRead, ProbeSource, ProbeSpec, ThresholdSpec, Tolerance } from '../domain/probe.ts'
import { thresholdText } from '../domain/threshold.ts'
import { type PresetName, type ProbePreset, probePresets } from './probe-presets.ts'
import {
  type GateFile,
  type ProbeFile,
  probeDefaults,
  readComparison,
  type ThresholdInput,
  type ToleranceFile,
  threshold,
  typedProbe,
} from './probes-schema.ts'
import type { SuiteFile } from './schema.ts'
import { normaliseWork } from './work-schema.ts'

type Entry = SuiteFile['probes'][number]
type PresetEntry = Extract<Entry, { preset: string }>

/** The probes and thresholds of a file that passed all checks: presets put in, defaults filled in, milliseconds. */
export function normaliseProbes(file: SuiteFile): { readonly probes: readonly ProbeSpec[]; readonly thresholds: readonly ThresholdSpec[] } {
  const own = file.thresholds.map(thresholdSpec)
  const brought = file.probes.filter(isPreset).flatMap((entry) => broughtThreshold(entry, own))
  return {
    probes: file.probes.map((entry) => probeSpec(isPreset(entry) ? expand(entry) : entry, file)),
    thresholds: [...own, ...brought],
  }
}

/** A gate as a probe that is asked before the start only. */
export function gateSpec(file: GateFile): ProbeSpec {
  const { interval, weight } = probeDefaults
  return probeSpec({ ...file, type: 'prometheus', mode: 'before', interval, weight, optional: false }, { selector: '' })
}

/** True for an entry that names a preset. */
function isPreset(entry: Entry): entry is PresetEntry {
  return 'preset' in entry
}

/** What a probe is called: its own name, else its preset's. */
function probeName(entry: Entry): string {
  return isPreset(entry) ? (entry.name ?? entry.preset) : entry.name
}

function expand(entry: PresetEntry): ProbeFile {
  const { preset, threshold: _, ...instead } = entry
  const { probe }: ProbePreset = probePresets[preset as PresetName]
  return typedProbe.parse({ ...probe, name: preset, ...instead })
}

/** A threshold of the file's own on the same probe takes the place of the preset's. */
function broughtThreshold(entry: PresetEntry, own: readonly ThresholdSpec[]): readonly ThresholdSpec[] {
  const preset: ProbePreset = probePresets[entry.preset as PresetName]
  const probe = probeName(entry)
  if (preset.threshold === null || entry.threshold === false || own.some((spec) => spec.probe === probe)) return []
  const mode = entry.mode ?? 'continuous'
  return mode === 'during' || mode === 'continuous' ? [thresholdSpec(threshold.parse({ ...preset.threshold, probe }))] : []
}

function thresholdSpec({ name, probe, when, for: seconds = 0, severity = 'warning', action = 'notify' }: ThresholdInput): ThresholdSpec {
  const { op, value: limit } = typeof when === 'string' ? (readComparison(when) ?? unread(when)) : when
  const spec = { probe, op, limit, forMs: Math.round(seconds * 1000), severity, action }
  return { name: name ?? thresholdText(spec), ...spec }
}

function probeSpec(file: ProbeFile, suite: Pick<SuiteFile, 'selector' | 'load'>): ProbeSpec {
  const { name, mode, interval, timeout, retries, weight, unit, tolerance } = file
  return {
    name,
    source: sourceOf(file, suite),
    mode,
    intervalMs: Math.round(interval * 1000),
    timeoutMs: Math.round(timeout * 1000),
    retries,
    tolerance: toleranceOf(tolerance),
    weight,
    unit: unit ?? usualUnit(file),
    optional: file.type === 'prometheus' && file.optional,
  }
}

function sourceOf(file: ProbeFile, { selector, load = [] }: Pick<SuiteFile, 'selector' | 'load'>): ProbeSource {
  switch (file.type) {
    case 'http': {
      const { type, url, method, headers, body = null, read } = file
      return { type, url, method, headers, body, read: readOf(read) }
    }
    case 'prometheus': {
      const { type, query, url = null, range, whenEmpty = null } = file
      const stepMs = (range?.step ?? Math.max(1, (range?.window ?? 0) / 60)) * 1000
      const span =
        range === undefined ? null : { windowMs: Math.round(range.window * 1000), stepMs: Math.round(stepMs), reduce: range.reduce }
      return { type, url, query, range: span, whenEmpty }
    }
    case 'cloudwatch_alarm': {
      const { type, alarm, region = null, whenEmpty = null } = file
      return { type, alarm, region, whenEmpty }
    }
    case 'cloudwatch_metric': {
      const {
        type,
        namespace,
        metric,
        dimensions,
        statistic,
        period,
        window = usualPeriods * period,
        region = null,
        whenEmpty = null,
      } = file
      return {
        type,
        namespace,
        metric,
        dimensions,
        statistic,
        periodMs: period * 1000,
        windowMs: Math.round(window * 1000),
        region,
        whenEmpty,
      }
    }
    case 'kubernetes': {
      const { type, read } = file
      return {
        type,
        selector: file.selector ?? selector,
        read: typeof read === 'string' ? { what: read } : { what: 'condition', condition: read.condition, status: read.status },
      }
    }
    case 'job':
      return { type: file.type, ...normaliseWork(file), read: outputReadOf(file.read) }
    case 'command':
      return { type: file.type, command: file.command, env: file.env, read: outputReadOf(file.read) }
    case 'load': {
      const { type, load: name, read } = file
      const n = load.findIndex((entry) => entry.name === name)
      const figure = typeof read === 'string' ? ({ what: read } as const) : ({ what: 'figure', name: read.figure } as const)
      return { type, load: name, n, namespace: load[n]?.namespace ?? null, read: figure }
    }
  }
}

function outputReadOf(read: 'exit_code' | 'last_line' | { readonly jsonpath: string }): OutputRead {
  return typeof read === 'string' ? { what: read } : { what: 'jsonpath', path: read.jsonpath }
}

/** A value of CloudWatch is there some periods after its time. */
const usualPeriods = 5

function readOf(read: Extract<ProbeFile, { type: 'http' }>['read']): Extract<ProbeSource, { type: 'http' }>['read'] {
  if (typeof read === 'string') return { what: read }
  return 'jsonpath' in read ? { what: 'jsonpath', path: read.jsonpath } : { what: 'regex', pattern: read.regex }
}

function toleranceOf(tolerance: ToleranceFile): Tolerance {
  if (typeof tolerance === 'string') {
    const comparison = readComparison(tolerance)
    return comparison === undefined ? { kind: 'value', value: tolerance } : { kind: 'comparison', ...comparison }
  }
  if (typeof tolerance !== 'object') return { kind: 'value', value: tolerance }
  if ('regex' in tolerance) return { kind: 'regex', pattern: tolerance.regex }
  if ('op' in tolerance) return { kind: 'comparison', op: tolerance.op, value: tolerance.value }
  const { min, max } = tolerance
  if (min === undefined) return { kind: 'comparison', op: '<=', value: max ?? 0 }
  return max === undefined ? { kind: 'comparison', op: '>=', value: min } : { kind: 'range', min, max }
}

function usualUnit(file: ProbeFile): string {
  if (file.type === 'http') return file.read === 'latency' ? 'ms' : ''
  if (file.type !== 'kubernetes') return ''
  return file.read === 'ready_ratio' ? 'ratio' : file.read === 'restarts' ? 'restarts' : 'pods'
}

function unread(text: string): never {
  throw new TypeError(`${text} is no comparison`)
}
