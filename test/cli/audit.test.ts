import { expect, test } from '@jest/globals'
import { timeOf } from '../../cli/commands/audit.ts'
import type { AuditEntry } from '../../lib/domain/audit.ts'
import { auditLine, entryOfLine } from '../../lib/report/audit-line.ts'
import { auditTable } from '../../lib/report/audit-table.ts'
import { columnsOf } from '../../lib/report/columns.ts'

const nine = Date.UTC(2026, 0, 5, 9)
const entry: AuditEntry = {
  id: 'r1#0000000001#00000',
  at: nine,
  kind: 'start',
  actor: { kind: 'aws', name: 'arn:aws:sts::123456789012:assumed-role/operators/ann' },
  message: 'requested by ann (manual request-1), 測試 of everything there is',
  run: { id: 'r1', suite: 'Quick test suite', cluster: 'c', clusterUid: 'u', namespace: 'shop', simulated: false },
  data: { guards: 'd1' },
}

test('the trail fits a terminal of 80 columns, and names the end of an ARN', () => {
  const rows = auditTable([entry, { ...entry, kind: 'abort', actor: null, run: null, message: 'threshold: errors' }])
  expect(rows.filter((row) => columnsOf(row) > 80)).toEqual([])
  expect(rows[1]).toMatch(/^2026-01-05 09:00 {2}start {2,}….*operators\/ann {2}Quick test suite: /)
  expect(rows[2]).toMatch(/^2026-01-05 09:00 {2}abort {2,}Faultline {2,}threshold: errors$/)
})

test('an entry that travels as a line of JSON is the same entry', () => {
  const line = JSON.parse(JSON.stringify(auditLine(entry)))
  expect(line).toMatchObject({ at: '2026-01-05T09:00:00.000Z', actor: { kind: 'aws', text: entry.actor?.name } })
  expect(entryOfLine(line)).toMatchObject(entry)
})

test.each([
  ['2026-01-05', nine - 9 * 3_600_000],
  ['2026-01-05T09:00:00Z', nine],
  ['2026-01-05T10:00+01:00', nine],
  ['90m', nine - 90 * 60_000],
  ['7d', nine - 7 * 24 * 3_600_000],
])('--since %s', (text, time) => {
  expect(timeOf(text, nine)).toBe(time)
})

test.each(['', 'yesterday', '5', '2026-13-01', '-1h'])('--since %j is refused with what is expected', (text) => {
  expect(() => timeOf(text, nine)).toThrow('--since: expected 2026-01-05')
})
