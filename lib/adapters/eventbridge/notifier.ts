import type { Notice } from '../../domain/notice.ts'
import { cutTo } from '../../domain/text.ts'
import type { Notifier } from '../../ports.ts'
import { shortData } from '../../report/alert-document.ts'
import { auditLine } from '../../report/audit-line.ts'
import type { Bus } from './bus.ts'

/** EventBridge takes events of 256 KB; a fault may have thousands of targets, and a line of the history may name them all. */
const mostTargets = 100
/** In characters, of up to three bytes each: 180 KB together, so that the rest of the event has room. */
const longestMessage = 20_000
const longestData = 40_000

/** Detail type of an entry of the audit trail. */
export const auditType = 'audit.recorded'

/** Tells notices as events: detail type is the notice's kind, the detail is described in docs/events.md. */
export function eventBridgeNotifier(bus: Bus): Notifier {
  return {
    name: 'eventbridge',
    notify: (notice) => bus.put({ detailType: notice.kind, at: notice.at, detail: detailOf(notice) }),
    audited: (entry) => bus.put({ detailType: auditType, at: entry.at, detail: auditLine(entry) }),
  }
}

/** The event's detail: the notice, its times as RFC 3339. */
function detailOf({ at, run, step, message, data, ...notice }: Notice) {
  return {
    ...notice,
    message: cutTo(message, longestMessage),
    data: JSON.stringify(data).length <= longestData ? data : shortData(data),
    at: new Date(at).toISOString(),
    run: { ...run, requestedAt: new Date(run.requestedAt).toISOString() },
    step: step === null ? null : { ...step, targets: step.targets.slice(0, mostTargets), targetCount: step.targets.length },
  }
}
