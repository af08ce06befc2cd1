import { FaultlineError } from '../../lib/domain/errors.ts'
import type { ProbeSpec, ThresholdSpec } from '../../lib/domain/probe.ts'
import type { ProbePort } from '../../lib/ports.ts'

/** A probe asked every 2 s, before, during and after; at most 0.1 is within tolerance. */
export function probeOf(name: string, change: Partial<ProbeSpec> = {}): ProbeSpec {
  return {
    name,
    source: { type: 'prometheus', url: null, query: name, range: null, whenEmpty: null },
    mode: 'continuous',
    intervalMs: 2_000,
    timeoutMs: 1_000,
    retries: 0,
    tolerance: { kind: 'comparison', op: '<=', value: 0.1 },
    weight: 1,
    unit: '',
    optional: false,
    ...change,
  }
}

/** Aborts as soon as the probe is above 0.1. */
export function thresholdOf(probe: string, change: Partial<ThresholdSpec> = {}): ThresholdSpec {
  return { name: `${probe} is high`, probe, op: '>', limit: 0.1, forMs: 0, severity: 'critical', action: 'abort', ...change }
}

/** What a fake probe does: measures, fails, or never answers. */
export type Said = number | string | 'hangs' | 'refuses' | 'senseless'

/** A port of the test's own: what each probe says when it is asked. */
export function fakeProbes(say: (probe: ProbeSpec) => Said): ProbePort {
  return {
    ask: async (probe) => {
      const said = say(probe)
      if (said === 'hangs') return new Promise(() => undefined)
      if (said === 'refuses') throw new FaultlineError('unavailable', 'connection refused')
      if (said === 'senseless') throw new FaultlineError('invalid', 'Prometheus says: parse error: unclosed left parenthesis')
      return { value: said, message: 'measured' }
    },
  }
}
