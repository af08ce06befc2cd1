import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { clusterNamed, readDeployment, readForPackage } from '../../functions/shared/deployment.ts'
import { engineConfig, readSettings } from '../../functions/shared/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-config-'))
const file = join(folder, 'faultline.config.json')

afterAll(() => rmSync(folder, { recursive: true }))

function read(config: unknown, stage = 'dev') {
  writeFileSync(file, JSON.stringify(config))
  return readDeployment(file, stage)
}

describe('faultline.config.json', () => {
  it('needs no more than a cluster', () => {
    expect(read({ clusters: { production: { eks: 'jadevectordb' } } })).toMatchObject({
      clusters: { production: { eks: 'jadevectordb' } },
      acceptNoFuse: false,
      alertEmails: [],
      xray: false,
      logRetentionDays: 30,
    })
  })

  it('has what a stage replaces', () => {
    const config = { clusters: { a: { eks: 'one' } }, xray: false, stages: { prod: { clusters: { b: { eks: 'two' } }, xray: true } } }
    expect(read(config, 'prod')).toMatchObject({ clusters: { b: { eks: 'two' } }, xray: true })
    expect(read(config, 'dev')).toMatchObject({ clusters: { a: { eks: 'one' } }, xray: false })
  })

  it.each([
    [{ clusters: { a: {} } }, /clusters\.a: exactly one of eks, secret, parameter, url .* found none/],
    [{ clusters: { a: { eks: 'x', secret: 'y' } } }, /found eks and secret/],
    [{ clusters: { a: { eks: 'x', roleArn: 'admin' } } }, /clusters\.a\.roleArn: expected the ARN of an IAM role/],
    [{ clusters: { a: { eks: 'x' } }, reportBucket: 'My Bucket' }, /reportBucket: expected the name of an S3 bucket/],
    [{ clusters: { a: { eks: 'x' } }, pushgatewayUrl: 'gateway:9091' }, /pushgatewayUrl/],
    [
      { clusters: { a: { eks: 'x' } }, prometheus: { url: 'http://ann:s3cret@p' } },
      /prometheus\.url: expected an address without user, password and query/,
    ],
    [{ clusters: { a: { eks: 'x' } }, prometheus: { url: 'http://p', region: 'x' } }, /`prometheus\.region`|`region`/],
    [{ cluster: {} }, /`cluster`: did you mean `clusters`\?/],
    [{ clusters: { a: { eks: 'x' } }, defaultCluster: 'b' }, /cluster `b` is not in the configuration\. Allowed: a/],
    [{ clusters: { a: { eks: 'x' } }, alertEmails: ['ann'] }, /alertEmails\.0/],
    [{ clusters: { a: { eks: 'x' } }, vpc: { subnetIds: ['subnet-1'] } }, /vpc\.securityGroupIds/],
    [{ clusters: { a: { eks: 'x' } }, stages: { dev: { xrays: true } } }, /stage dev: .*`xrays`: did you mean `xray`\?/],
  ])('says what is wrong with %j', (config, message) => {
    expect(() => read(config)).toThrow(message)
  })

  it('names the calendar of freezes that cannot be packaged, with its file and path; the functions read it when a start asks for it', () => {
    const clusters = { a: { eks: 'x' } }
    const guards = [{ kinds: ['pod-delete'] }, { freezeCalendar: { file: 'freezes.ics' } }]
    const [, rule] = read({ clusters, guards }).guards
    const pack = () => readForPackage(file, 'dev')
    expect(pack).toThrow(`${file}, guards.1.freezeCalendar: freezes.ics cannot be read: ENOENT`)
    writeFileSync(join(folder, 'freezes.ics'), 'BEGIN:VCALENDAR\nnothing\nEND:VCALENDAR\n')
    expect(pack).toThrow(`${file}, guards.1.freezeCalendar: freezes.ics is not a calendar that can be read: invalid line`)
    writeFileSync(
      join(folder, 'freezes.ics'),
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Sale\nDTSTART;VALUE=DATE:20261127\nEND:VEVENT\nEND:VCALENDAR\n',
    )
    const span = { from: Date.UTC(2026, 10, 27), to: Date.UTC(2026, 10, 28) }
    expect(pack).not.toThrow()
    expect(rule?.calendars?.map((one) => [one.name, ...one.during(span)])).toEqual([['freezes.ics', { ...span, what: 'Sale' }]])
    expect(() => read({ clusters, guards: [{ freezeCalendar: { file: '../freezes.ics' } }] })).toThrow(
      /guards\.0\.freezeCalendar\.file: .*beside this one/,
    )
  })

  it('asks for a name where several clusters are and none is the default', () => {
    const deployment = read({ clusters: { a: { eks: 'x' }, b: { eks: 'y' } } })
    expect(() => clusterNamed(deployment, undefined)).toThrow(/no cluster was named.*there are: a, b/)
    expect(clusterNamed(deployment, 'b')).toEqual({ name: 'b', entry: { eks: 'y' } })
  })
})

describe('the functions’ settings', () => {
  const env = {
    FAULTLINE_STAGE: 'dev',
    FAULTLINE_TABLE: 't',
    FAULTLINE_BUS: 'b',
    FAULTLINE_TOPIC: 'a',
    AWS_REGION: 'eu-central-1',
    FAULTLINE_CONFIG: file,
  }
  const settings = () => {
    read({ clusters: { production: { eks: 'jadevectordb' } }, injector: { image: 'registry/injector:1' } })
    return readSettings(env)
  }

  it('name the variable that is missing', () => {
    expect(() => readSettings({ ...env, FAULTLINE_TABLE: '' })).toThrow('environment variable FAULTLINE_TABLE is not set')
  })

  it('hand over 90 s, then 30 s before the end of 15 minutes, and leave 5 s before it', () => {
    const { handOver, injector } = engineConfig(settings(), { timeMs: 900_000, simulated: false })
    expect(handOver).toEqual({ firstMs: 90_000, againMs: 30_000, leaveMs: 5_000 })
    expect(injector.image).toBe('registry/injector:1')
  })

  it('hand over at half-time where a function has less than three minutes, so that each gets something done', () => {
    expect(engineConfig(settings(), { timeMs: 60_000, simulated: false }).handOver).toEqual({
      firstMs: 30_000,
      againMs: 10_000,
      leaveMs: expect.closeTo(1_667, -1),
    })
  })
})
