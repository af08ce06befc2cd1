import { afterEach, expect, it } from '@jest/globals'
import { askCloudWatch } from '../../lib/adapters/cloudwatch/ask.ts'
import { secretReader } from '../../lib/adapters/secrets/references.ts'
import type { CloudWatchAlarmSource, CloudWatchMetricSource } from '../../lib/domain/probe.ts'
import type { Cluster } from '../../lib/ports.ts'
import { openGate } from '../../sandbox/aws/gate.ts'
import { serve } from '../support/http-server.ts'
import { rolesWith } from '../support/local-aws.ts'

const region = 'eu-central-1'
const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const
const before = names.map((name) => [name, process.env[name]] as const)
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const close of closers.splice(0).reverse()) await close()
})

const alarm: CloudWatchAlarmSource = { type: 'cloudwatch_alarm', alarm: 'checkout', region: null, whenEmpty: 0 }
const metric: CloudWatchMetricSource = {
  ...{ type: 'cloudwatch_metric', namespace: 'Shop', metric: 'Orders', dimensions: {}, statistic: 'Sum' },
  ...{ periodMs: 60_000, windowMs: 60_000, region: null, whenEmpty: 0 },
}
const headers = { Authorization: { secret: 'shop/token' }, 'X-Tenant': { parameter: '/shop/tenant' } }

/** All that services answer here. */
const anything = {
  ...{ SecretString: 'a', Parameter: { Value: 'b' }, MetricDataResults: [] },
  MetricAlarms: [{ AlarmName: 'checkout', StateValue: 'OK' }],
}

it('what probes ask of AWS is what the roles of drivers allow for it, and nothing beside that', async () => {
  const service = await serve((_, response) => response.end(JSON.stringify(anything)))
  closers.push(service.close)
  const { start: role } = rolesWith({ endpoints: [{ host: 'shop.example.com', headers }] }, [alarm, metric])
  const gate = await openGate({ upstream: () => service.url, authorize: (call) => role.refusal(call) })
  closers.push(gate.close)
  const values = { AWS_ENDPOINT_URL: gate.url, AWS_ACCESS_KEY_ID: 'start', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: region }
  Object.assign(process.env, values)
  const options = { signal: new AbortController().signal, now: Date.now() }
  expect(await askCloudWatch(alarm, options)).toMatchObject({ value: 0 })
  expect(await askCloudWatch(metric, options)).toMatchObject({ value: 0 })
  const read = secretReader({ clock: { now: () => 0 }, env: { AWS_REGION: region } })
  expect([await read(headers.Authorization, {} as Cluster), await read(headers['X-Tenant'], {} as Cluster)]).toEqual(['a', 'b'])
  expect(gate.refused).toEqual([])
  expect((await role.needless()).filter((statement) => /^(Watch|Probe)/.test(statement))).toEqual([])
  await expect(askCloudWatch({ ...alarm, alarm: 'of-others' }, options)).rejects.toMatchObject({ code: 'forbidden' })
  await expect(read({ secret: 'shop/other' }, {} as Cluster)).rejects.toMatchObject({ code: 'forbidden' })
})
