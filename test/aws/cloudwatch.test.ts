import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { awsCall } from '../../lib/adapters/aws/signed-call.ts'
import { askCloudWatch } from '../../lib/adapters/cloudwatch/ask.ts'
import type { CloudWatchAlarmSource, CloudWatchMetricSource } from '../../lib/domain/probe.ts'
import { type Moto, startMoto } from '../../sandbox/aws/moto.ts'
import { bodyOf, serve } from '../support/http-server.ts'
import { describeWith } from '../support/tools.ts'

const region = 'eu-central-1'
const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const
const before = names.map((name) => [name, process.env[name]] as const)

const alarm = (change: Partial<CloudWatchAlarmSource> = {}): CloudWatchAlarmSource => ({
  ...{ type: 'cloudwatch_alarm', alarm: 'checkout: errors', region: null, whenEmpty: null },
  ...change,
})
const orders = (change: Partial<CloudWatchMetricSource> = {}): CloudWatchMetricSource => ({
  ...{ type: 'cloudwatch_metric', namespace: 'Shop', metric: 'Orders', dimensions: { Stage: 'prod' }, statistic: 'Sum' },
  ...{ periodMs: 60_000, windowMs: 300_000, region, whenEmpty: null },
  ...change,
})
const call = (action: string, body: object) =>
  awsCall({ service: 'monitoring', region, tried: action, target: `GraniteServiceVersion20100801.${action}`, body })

/** Moto answers these with nothing at all. */
const tell = (action: string, body: object) => call(action, body).catch(() => undefined)

function onMoto(): void {
  let moto: Moto
  const ask = (source: CloudWatchAlarmSource | CloudWatchMetricSource) =>
    askCloudWatch(source, { signal: new AbortController().signal, now: Date.now() })

  beforeAll(async () => {
    moto = await startMoto()
    const values = { AWS_ENDPOINT_URL: moto.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: region }
    Object.assign(process.env, values)
    const watch = { Namespace: 'Shop', MetricName: 'Errors', Period: 60, Statistic: 'Sum', EvaluationPeriods: 1, Threshold: 1 }
    for (const AlarmName of ['checkout: errors', 'checkout: errors of others'])
      await tell('PutMetricAlarm', { ...watch, AlarmName, ComparisonOperator: 'GreaterThanThreshold' })
  }, 60_000)

  afterAll(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await moto.close()
  })

  const set = (AlarmName: string, StateValue: string) => tell('SetAlarmState', { AlarmName, StateValue, StateReason: 'told so' })

  it('tells an alarm by name and by ARN: 0, 1 in alarm, nothing without enough data', async () => {
    await set('checkout: errors', 'OK')
    expect(await ask(alarm())).toEqual({ value: 0, message: 'OK: told so' })
    await set('checkout: errors', 'ALARM')
    expect(await ask(alarm())).toMatchObject({ value: 1 })
    const arn = `arn:aws:cloudwatch:${region}:123456789012:alarm:checkout: errors`
    expect(await ask(alarm({ alarm: arn }))).toMatchObject({ value: 1 })
    await expect(ask(alarm({ alarm: arn.replace('123456789012', '210987654321') }))).rejects.toMatchObject({ code: 'not_found' })
    await set('checkout: errors', 'INSUFFICIENT_DATA')
    await expect(ask(alarm())).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('not enough data') })
    expect(await ask(alarm({ whenEmpty: 0 }))).toMatchObject({ value: 0 })
    await expect(ask(alarm({ alarm: 'checkout' }))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('tells a composite alarm', async () => {
    // Moto makes a composite alarm of any that has a rule, and tells both kinds unasked.
    await tell('PutMetricAlarm', { AlarmName: 'shop', AlarmRule: 'ALARM("checkout: errors")' })
    await set('shop', 'ALARM')
    expect(await ask(alarm({ alarm: 'shop' }))).toMatchObject({ value: 1 })
  })

  it('asks for both kinds of alarms: CloudWatch tells composite ones only where it is asked for them', async () => {
    const bodies: string[] = []
    const recorder = await serve(async (request, response) => {
      bodies.push(await bodyOf(request))
      response.end(JSON.stringify({ CompositeAlarms: [{ AlarmName: 'shop', StateValue: 'OK' }] }))
    })
    process.env.AWS_ENDPOINT_URL = recorder.url
    const answer = await ask(alarm({ alarm: 'shop' })).finally(async () => {
      process.env.AWS_ENDPOINT_URL = moto.url
      await recorder.close()
    })
    expect(answer).toMatchObject({ value: 0 })
    expect(bodies.map((body) => JSON.parse(body))).toEqual([{ AlarmNames: ['shop'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }])
  })

  it('tells the newest value of a metric with all its dimensions, or that there is none', async () => {
    const at = Math.floor(Date.now() / 1000)
    const datum = { MetricName: 'Orders', Dimensions: [{ Name: 'Stage', Value: 'prod' }] }
    await tell('PutMetricData', { Namespace: 'Shop', MetricData: [{ ...datum, Value: 5, Timestamp: at - 200 }] })
    await tell('PutMetricData', { Namespace: 'Shop', MetricData: [{ ...datum, Value: 7, Timestamp: at - 60 }] })
    const { value, message } = await ask(orders())
    expect(value).toBe(7)
    expect(message).toMatch(/^newest Sum over 60 s, of \d+ s ago$/)
    await expect(ask(orders({ dimensions: { Stage: 'dev' } }))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('no data within 300 s'),
    })
    expect(await ask(orders({ metric: 'Refunds', whenEmpty: 0 }))).toEqual({ value: 0, message: 'no data within 300 s' })
  })

  it('needs a region from somewhere, and says so', async () => {
    const options = { signal: new AbortController().signal, now: 0, env: {} }
    await expect(askCloudWatch(alarm(), options)).rejects.toMatchObject({ code: 'bad_input' })
  })
}

describeWith(['moto_server'], 'CloudWatch', onMoto)
