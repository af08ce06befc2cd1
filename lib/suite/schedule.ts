import type * as z from 'zod'
import type { Schedule } from '../domain/suite.ts'
import { valueAt } from './explain.ts'
import type { Finding } from './problems.ts'
import { type scheduleSchema, windowOf } from './schedule-schema.ts'

/** What no single field of a schedule shows. */
export function scheduleFindings(file: unknown): readonly Finding[] {
  const schedule = valueAt(file, ['schedule'])
  if (typeof schedule !== 'object' || schedule === null) return []
  const [cron, rate] = [valueAt(schedule, ['cron']), valueAt(schedule, ['rate'])]
  const findings: Finding[] = []
  if (cron === undefined && rate === undefined) {
    findings.push({ path: ['schedule'], at: 'value', message: 'says nothing of when: give `cron` or `rate`' })
  }
  if (cron !== undefined && rate !== undefined) {
    findings.push({ path: ['schedule', 'rate'], at: 'key', message: 'stands beside `cron`: give one of them' })
  }
  const [from, to] = [valueAt(schedule, ['window', 'from']), valueAt(schedule, ['window', 'to'])]
  if (typeof from === 'string' && from === to) {
    findings.push({
      path: ['schedule', 'window', 'to'],
      at: 'value',
      message: `found \`${from}\`, which is also \`from\`: nothing could ever start`,
    })
  }
  return findings
}

/** A checked schedule as the engine and the deployment take it. */
export function normaliseSchedule(file: z.output<typeof scheduleSchema> | undefined): Schedule | null {
  if (file === undefined) return null
  const { cron = null, rate = null, timezone, enabled, cluster = null, window } = file
  return { cron, rate, timezone, enabled, cluster, window: window === undefined ? null : windowOf(window) }
}
