import { describe, expect, it } from '@jest/globals'
import { namesOf } from '../../deploy/aws/names.ts'
import { template } from '../../deploy/aws/template.ts'
import type { Deployment } from '../../functions/shared/deployment.ts'

const plain: Deployment = {
  clusters: { default: { eks: 'one' } },
  injector: {},
  images: {},
  acceptNoFuse: false,
  guards: [],
  secondPerson: [],
  packagedSuitesOnly: false,
  alertEmails: [],
  endpoints: [],
  xray: false,
  logRetentionDays: 30,
  tags: {},
  deletionProtection: false,
  reservedConcurrency: {},
}

interface Made {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>>
  readonly extensions: object
}

const made = (change: Partial<Deployment> = {}) => template('dev', { ...plain, ...change }, []) as unknown as Made

describe('a stage', () => {
  it('may be as long as its longest role’s name allows in the longest region', () => {
    expect(`${namesOf('x'.repeat(28)).prefix}-scheduler-us-isof-south-1`).toHaveLength(64)
    expect(() => namesOf('x'.repeat(29))).toThrow(
      'expected 1 to 28 letters, digits and hyphens; it is part of the names of roles (64 characters',
    )
  })

  it.each(['', 'two words', '-a', 'größe', 'a.b'])('may not be "%s"', (stage) => {
    expect(() => namesOf(stage)).toThrow(/^stage "/)
  })
})

describe('what an installation may ask for', () => {
  it('is nothing, and then nothing of it is there', () => {
    const { Resources, extensions } = made()
    expect(extensions).toEqual({})
    expect(Resources.Table?.Properties).toMatchObject({ DeletionProtectionEnabled: false })
    expect(Resources.AlertTopic?.Properties).not.toHaveProperty('KmsMasterKeyId')
    expect(JSON.stringify(Resources)).not.toMatch(/PermissionsBoundary|kms:/)
  })

  it('is a boundary of every role', () => {
    const permissionsBoundary = 'arn:aws:iam::123456789012:policy/boundary'
    const roles = Object.values(made({ permissionsBoundary }).Resources).filter(({ Type }) => Type === 'AWS::IAM::Role')
    expect(roles.map(({ Properties }) => Properties.PermissionsBoundary)).toEqual(roles.map(() => permissionsBoundary))
    expect(roles).toHaveLength(9)
  })

  it('is a key of the alert topic, which every function may use', () => {
    const { Resources } = made({ alertTopicKmsKey: 'alias/alerts' })
    expect(Resources.AlertTopic?.Properties).toMatchObject({ KmsMasterKeyId: 'alias/alerts' })
    expect(JSON.stringify(Resources.ReapRole)).toContain('"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/alerts"}')
    expect(JSON.stringify(made({ alertTopicKmsKey: 'arn:aws:kms:eu-central-1:1:key/2' }).Resources.StartRole)).toContain(
      '"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"arn:aws:kms:eu-central-1:1:key/2"',
    )
  })

  it('is a table that cannot be deleted, and executions kept free for what stops and ends runs', () => {
    const { Resources, extensions } = made({ deletionProtection: true, reservedConcurrency: { reap: 1, control: 5 } })
    expect(Resources.Table?.Properties).toMatchObject({ DeletionProtectionEnabled: true })
    expect(extensions).toEqual({
      ReapLambdaFunction: { Properties: { ReservedConcurrentExecutions: 1 } },
      ControlLambdaFunction: { Properties: { ReservedConcurrentExecutions: 5 } },
    })
  })
})

describe('what pages', () => {
  it('is told by ten alarms, one for each queue and for what no queue tells in time', () => {
    const { Resources } = made()
    const alarms = Object.keys(Resources).filter((id) => id.endsWith('Alarm'))
    expect(alarms.toSorted()).toEqual([
      'AdvanceDlqDepthAlarm',
      'AdvanceErrorsAlarm',
      'AdvanceEventsDlqDepthAlarm',
      'ByHandDlqDepthAlarm',
      'HaltThrottlesAlarm',
      'ReapErrorsAlarm',
      'ReaperSilentAlarm',
      'SchedulesDlqDepthAlarm',
      'StartDlqDepthAlarm',
      'StartErrorsAlarm',
    ])
    for (const name of ['Control', 'Halt', 'Resume', 'Approve'])
      expect(JSON.stringify(Resources[`${name}Invocation`])).toContain('ByHandDlq')
  })
})

describe('what pages no one', () => {
  const { Resources } = made()

  it('is a slip in what a person asks of control', () => {
    expect(Object.keys(Resources)).toEqual(expect.arrayContaining(['HaltThrottlesAlarm', 'StartErrorsAlarm', 'ReapErrorsAlarm']))
    expect(Object.keys(Resources)).not.toContain('ControlErrorsAlarm')
  })

  it('is a round of the reaper that was lost: the next one comes in a minute', () => {
    expect(Object.keys(Resources).filter((id) => id.startsWith('ReapDlq'))).toEqual([])
    expect(JSON.stringify([Resources.ReapInvocation, Resources.ReapSchedule, Resources.ReapRole])).not.toMatch(/Dlq/)
    expect(JSON.stringify(Resources.StartInvocation)).toMatch(/StartDlq/)
  })
})
