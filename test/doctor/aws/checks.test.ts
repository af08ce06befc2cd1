import { describe, expect, it } from '@jest/globals'
import { awsChecks } from '../../../lib/doctor/aws/checks.ts'
import type { Installation } from '../../../lib/doctor/aws/installation.ts'
import { examine } from '../../../lib/doctor/examine.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'

const topicArn = 'arn:aws:sns:eu-central-1:123456789012:faultline-prod'
const deployed = {
  ...{ prefix: 'faultline-prod', topicArn, indexes: ['due', 'suites'], schedules: ['reap', 'weekly'] },
  ...{ alarms: ['faultline-prod-reaper-silent'], logRetentionDays: 30 },
}
const weekly = { name: 'weekly', expression: 'cron(30 3 ? * MON *)', timezone: 'Europe/Berlin', isEnabled: true }
const reap = { name: 'reap', expression: 'rate(1 minute)', timezone: 'UTC', isEnabled: true }
const silent = { name: 'faultline-prod-reaper-silent', state: 'OK', actionsEnabled: true, actions: [topicArn] } as const
const table = {
  ...{ status: 'ACTIVE', hasPointInTimeRecovery: true, ttlAttribute: 'ttl' },
  indexes: [
    { name: 'due', status: 'ACTIVE' },
    { name: 'suites', status: 'ACTIVE' },
  ],
}
const well: Installation = {
  topic: async () => [{ protocol: 'email', endpoint: 'oncall@example.org', confirmed: true }],
  table: async () => table,
  schedules: async () => [reap, weekly],
  alarms: async () => [silent],
  logGroups: async () => [{ name: '/aws/lambda/faultline-prod-start', retentionDays: 30 }],
}

const look = (change: Partial<Installation> = {}) =>
  examine(awsChecks, { installation: { ...well, ...change }, deployed, clock: { now: () => Date.UTC(2026, 10, 28, 12) } })
const bad = async (change: Partial<Installation>) => (await look(change)).filter(({ state }) => state !== 'ok')

describe('a look at an installation on AWS', () => {
  it('finds one well, and says when its schedules fire, over the next change of daylight saving', async () => {
    const findings = await look()
    expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
      ...['alert-topic ok', 'table ok', 'schedules ok', 'schedules ok', 'alarms ok', 'logs ok'],
    ])
    expect(findings.find(({ on }) => on === 'weekly')?.found).toBe(
      'Mon 2026-11-30 03:30 +01:00, Mon 2026-12-07 03:30 +01:00, Mon 2026-12-14 03:30 +01:00; first after the change of 2027-03-28: Mon 2027-03-29 03:30 +02:00 (Europe/Berlin)',
    )
  })

  it('names subscriptions that wait, and a topic that reaches no one', async () => {
    const waiting = { protocol: 'email', endpoint: 'new@example.org', confirmed: false }
    expect(await bad({ topic: async () => [...(await well.topic('')), waiting] })).toMatchObject([
      { check: 'alert-topic', state: 'warning', on: 'new@example.org', fix: expect.stringContaining('aws sns subscribe') },
    ])
    expect(await bad({ topic: async () => [waiting] })).toMatchObject([{ state: 'failed' }, { state: 'warning' }])
  })

  it('names what the table lacks, each with the command', async () => {
    const lacking = { ...table, hasPointInTimeRecovery: false, ttlAttribute: null, indexes: [{ name: 'due', status: 'CREATING' }] }
    const found = await bad({ table: async () => lacking })
    expect(found.map(({ state, fix }) => `${state} ${fix?.split(' --')[0]}`)).toEqual([
      'failed npx osls deploy',
      'warning aws dynamodb update-continuous-backups',
      'warning aws dynamodb update-time-to-live',
    ])
    expect(found[0]?.found).toBe('indexes are missing or not active: due, suites')
  })

  it('names schedules that are missing, off, over, or fall into the hour that is skipped', async () => {
    const at = (expression: string, isEnabled = true) => [reap, { ...weekly, expression, isEnabled }]
    expect(await bad({ schedules: async () => [weekly] })).toMatchObject([{ state: 'failed', on: 'reap', found: 'it is not there' }])
    expect(await bad({ schedules: async () => at('cron(0 3 ? * MON *)', false) })).toMatchObject([
      { state: 'warning', found: 'it is switched off' },
    ])
    expect(await bad({ schedules: async () => at('cron(0 3 ? * MON 2025)') })).toMatchObject([
      { found: expect.stringContaining('never comes again') },
    ])
    expect(await bad({ schedules: async () => at('cron(30 2 * * ? *)') })).toMatchObject([
      {
        state: 'warning',
        found: expect.stringMatching(/^on 2027-03-28 02:30 does not exist there, and is left out: Sun 2026-11-29 02:30/),
      },
    ])
  })

  it('names alarms that are missing, mute or off, and logs that are kept too long', async () => {
    expect(await bad({ alarms: async () => [] })).toMatchObject([{ state: 'failed', on: 'faultline-prod-reaper-silent' }])
    expect(await bad({ alarms: async () => [{ ...silent, actionsEnabled: false }] })).toMatchObject([
      { state: 'warning', fix: 'aws cloudwatch enable-alarm-actions --alarm-names faultline-prod-reaper-silent' },
    ])
    expect(await bad({ alarms: async () => [{ ...silent, actions: [] }] })).toMatchObject([{ found: 'it does not tell the alert topic' }])
    expect(await bad({ alarms: async () => [{ ...silent, state: 'ALARM' }] })).toMatchObject([{ found: 'it is in alarm now' }])
    expect(await bad({ logGroups: async () => [{ name: 'g', retentionDays: null }] })).toMatchObject([
      { found: 'kept for ever', fix: 'aws logs put-retention-policy --log-group-name g --retention-in-days 30' },
    ])
  })

  it('takes what may not be read for unknown, and what is not there for failed', async () => {
    const refuse = async () => Promise.reject(new FaultlineError('forbidden', 'not allowed'))
    const absent = async () => Promise.reject(new FaultlineError('not_found', 'no such table'))
    expect(await bad({ alarms: refuse, table: absent })).toMatchObject([
      { check: 'table', state: 'failed', found: 'no such table' },
      { check: 'alarms', state: 'unknown', found: 'not allowed' },
    ])
  })
})
