import { FaultlineError } from '../../domain/errors.ts'
import type { CloudWatchAlarmSource, CloudWatchMetricSource } from '../../domain/probe.ts'
import type { ProbeReading } from '../../ports.ts'
import { awsCall } from '../aws/signed-call.ts'

export interface AskOptions {
  readonly signal: AbortSignal
  /** ms since epoch: the end of a metric's window. */
  readonly now: number
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
}

const api = 'GraniteServiceVersion20100801'

/**
 * Asks CloudWatch whether an alarm is off (0) or in alarm (1), or for the newest value of a metric
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html, API_GetMetricData.html).
 * @throws FaultlineError `not_found` where there is no such alarm or no data and the probe does not say what that means; `forbidden`,
 * `bad_input` without a region, `unavailable`
 */
export function askCloudWatch(source: CloudWatchAlarmSource | CloudWatchMetricSource, options: AskOptions): Promise<ProbeReading> {
  return source.type === 'cloudwatch_alarm' ? askAlarm(source, options) : askMetric(source, options)
}

interface Alarm {
  readonly AlarmName?: string
  readonly AlarmArn?: string
  readonly StateValue?: string
  readonly StateReason?: string
}

/** As much of an alarm's own words as a reader of one message bears. */
const shownReason = 200

async function askAlarm({ alarm, region: said, whenEmpty }: CloudWatchAlarmSource, options: AskOptions): Promise<ProbeReading> {
  const [, , , ofArn, , kind, ...rest] = alarm.split(':')
  const isArn = alarm.startsWith('arn:') && kind === 'alarm'
  const name = isArn ? rest.join(':') : alarm
  const region = regionOf(isArn ? (ofArn ?? null) : said, options)
  const tried = `describe alarm ${name} in ${region}`
  const body = { AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }
  const answer = await awsCall({ service: 'monitoring', region, tried, target: `${api}.DescribeAlarms`, body }, options)
  const { MetricAlarms = [], CompositeAlarms = [] } = Object(answer) as {
    MetricAlarms?: readonly Alarm[]
    CompositeAlarms?: readonly Alarm[]
  }
  const found = [...MetricAlarms, ...CompositeAlarms].find((one) => one.AlarmName === name && (!isArn || one.AlarmArn === alarm))
  if (found === undefined) throw new FaultlineError('not_found', `${tried}: there is none`)
  const message = `${found.StateValue}: ${(found.StateReason ?? '').slice(0, shownReason)}`
  if (found.StateValue === 'OK') return { value: 0, message }
  if (found.StateValue === 'ALARM') return { value: 1, message }
  if (whenEmpty !== null) return { value: whenEmpty, message }
  throw new FaultlineError('not_found', `alarm ${name} has not enough data`)
}

async function askMetric(source: CloudWatchMetricSource, options: AskOptions): Promise<ProbeReading> {
  const { namespace, metric, dimensions, statistic, periodMs, windowMs, whenEmpty } = source
  const region = regionOf(source.region, options)
  const tried = `get metric ${namespace} ${metric} in ${region}`
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
  const query = { Metric: { Namespace: namespace, MetricName: metric, Dimensions }, Period: periodMs / 1000, Stat: statistic }
  const body = {
    MetricDataQueries: [{ Id: 'asked', MetricStat: query }],
    StartTime: Math.floor((options.now - windowMs) / 1000),
    EndTime: Math.ceil(options.now / 1000),
    ScanBy: 'TimestampDescending',
  }
  const answer = await awsCall({ service: 'monitoring', region, tried, target: `${api}.GetMetricData`, body }, options)
  const { MetricDataResults: [result] = [] } = Object(answer) as { MetricDataResults?: readonly Result[] }
  const [value] = result?.Values ?? []
  const [at] = result?.Timestamps ?? []
  if (typeof value === 'number') {
    const age = typeof at === 'number' ? `, of ${Math.max(0, Math.round(options.now / 1000 - at))} s ago` : ''
    return { value, message: `newest ${statistic} over ${periodMs / 1000} s${age}` }
  }
  if (whenEmpty !== null) return { value: whenEmpty, message: `no data within ${windowMs / 1000} s` }
  throw new FaultlineError('not_found', `${tried}: no data within ${windowMs / 1000} s`)
}

interface Result {
  readonly Values?: readonly unknown[]
  /** Seconds since the epoch. */
  readonly Timestamps?: readonly unknown[]
}

function regionOf(said: string | null, { env = process.env }: AskOptions): string {
  const region = said ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  if (region === undefined || region === '')
    throw new FaultlineError('bad_input', 'CloudWatch: no `region` in the probe, and no AWS_REGION')
  return region
}
