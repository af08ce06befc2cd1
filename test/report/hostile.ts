import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { gameDay } from './game-day.ts'

/** What an author might call a suite, a step or a pod, or what a probed server might answer. */
export const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'> | a&b ]]> \u001b[31m\u202e\u0000\ud800 @ana #12 [x](http://evil.example) <!--`

/** The game day with the hostile text in every string that is for people. */
export const hostileDay: RunRecord = {
  run: {
    ...gameDay.run,
    suite: {
      ...gameDay.run.suite,
      name: hostile,
      description: hostile,
      hypothesis: hostile,
      steps: gameDay.run.suite.steps.map((step) => ({ ...step, name: hostile, hypothesis: hostile })),
      probes: gameDay.run.suite.probes.map((probe) => ({ ...probe, unit: hostile })),
      thresholds: gameDay.run.suite.thresholds.map((threshold) => ({ ...threshold, name: hostile })),
    },
    cluster: { ...gameDay.run.cluster, name: hostile },
    trigger: { ...gameDay.run.trigger, by: hostile },
    namespace: hostile,
    abort: gameDay.run.abort === null ? null : { ...gameDay.run.abort, by: hostile },
    steps: gameDay.run.steps.map((step) => ({
      ...step,
      name: hostile,
      reasons: [{ code: 'no_effect', detail: hostile }],
      probes: step.probes.map((p) => ({ ...p, worst: hostile, last: hostile })),
    })),
  } as RunRecord['run'],
  injections: gameDay.injections.map((injection) => ({
    ...injection,
    reason: hostile,
    targets: injection.targets.map((target) => ({ ...target, name: hostile, node: hostile, container: { name: hostile, id: hostile } })),
    evidence: injection.evidence.map((look) => ({
      ...look,
      summary: hostile,
      measurements: look.measurements.map((m) => ({ ...m, target: hostile, name: hostile, unit: hostile, value: hostile })),
    })),
  })),
  history: gameDay.history.map((event) => ({ ...event, type: hostile, message: hostile }) as unknown as HistoryEvent),
  samples: gameDay.samples.map((sample) => ({
    ...sample,
    message: hostile,
    value: typeof sample.value === 'string' ? hostile : sample.value,
  })),
}
