import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { deployedOf } from '../../deploy/aws/deployed.ts'
import { checkEndpoints, watchedSources } from '../../deploy/aws/schedules.ts'
import { template } from '../../deploy/aws/template.ts'
import { readDeployment } from '../../functions/shared/deployment.ts'

const deployment = readDeployment('faultline.config.json', 'dev')
const folder = mkdtempSync(join(tmpdir(), 'faultline-packaged-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a look at an installation knows what the template makes: alarms, table, schedules', () => {
  const weekly = { name: 'weekly', schedule: { cron: null, rate: '7 days', timezone: 'UTC', enabled: true, cluster: null, window: null } }
  const resources = Object.values(template('dev', deployment, [weekly]).Resources) as { Type: string; Properties: Record<string, string> }[]
  const namesOf = (type: string, key: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties[key])
  const deployed = deployedOf('dev', { topicArn: 'arn', deployment, suites: ['weekly'] })
  expect([...deployed.alarms].sort()).toEqual(namesOf('AWS::CloudWatch::Alarm', 'AlarmName').sort())
  expect([...deployed.schedules].sort()).toEqual(namesOf('AWS::Scheduler::Schedule', 'Name').sort())
  expect(namesOf('AWS::DynamoDB::Table', 'TableName')).toEqual([deployed.prefix, `${deployed.prefix}-audit`])
  expect(namesOf('AWS::Scheduler::ScheduleGroup', 'Name')).toEqual([deployed.prefix])
  expect(deployed.indexes.length).toBeGreaterThan(1)
})

describe('what is packaged', () => {
  const probes = [
    { name: 'health', type: 'http', url: 'https://shop.example.com:8443/health', tolerance: 200 },
    { name: 'errors', type: 'cloudwatch_alarm', alarm: 'errors', tolerance: 0 },
    { preset: 'jadevectordb-error-ratio' },
  ]
  const step = { name: 'Cut', type: 'network_partition', params: { partition_type: 'random' }, duration: 60 }
  writeFileSync(join(folder, 'shop.json'), JSON.stringify({ name: 'Shop', probes, experiments: [step] }))

  it('asks only hosts that the configuration lists: the deployment says which does not, and what to add', () => {
    expect(() => checkEndpoints(folder, { endpoints: [] })).toThrow(
      'experiments/shop: probe "health" asks shop.example.com:8443, which is not among `endpoints` of faultline.config.json: add { "host": "shop.example.com" }',
    )
    expect(() => checkEndpoints(folder, { endpoints: [{ host: 'shop.example.com', port: 443 }] })).toThrow('is not among')
    checkEndpoints(folder, { endpoints: [{ host: '*.example.com' }] })
  })

  it('tells what its probes watch in CloudWatch, so that roles allow that', () => {
    expect(watchedSources(folder)).toEqual([{ type: 'cloudwatch_alarm', alarm: 'errors', region: null, whenEmpty: null }])
  })
})
