import type { Notice } from '../../domain/notice.ts'
import type { Outlet } from '../../ports.ts'
import type { Bus } from './bus.ts'

/** EventBridge takes events of 256 KB; a fault may have thousands of targets. */
const mostTargets = 100

/** Tells notices as events: detail type is the notice's kind, the detail is described in docs/events.md. */
export function eventBridgeOutlet(bus: Bus): Outlet {
  return {
    name: 'eventbridge',
    tell: (notice) => bus.put({ detailType: notice.kind, at: notice.at, detail: detailOf(notice) }),
  }
}

/** The event's detail: the notice, its times as RFC 3339. */
function detailOf({ at, run, step, ...notice }: Notice) {
  return {
    ...notice,
    at: new Date(at).toISOString(),
    run: { ...run, requestedAt: new Date(run.requestedAt).toISOString() },
    step: step === null ? null : { ...step, targets: step.targets.slice(0, mostTargets), targetCount: step.targets.length },
  }
}
