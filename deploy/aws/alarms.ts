import { type FunctionName, functionNames, logicalId, type Names, type Resource, type Resources } from './names.ts'

/**
 * What pages at once; an alarm is the dearest part of an idle installation, so that none tells what another one does. Who invokes `look`,
 * `control`, `resume` or `approve` reads their errors: a slip of the fingers pages no one. A halt that fails twice more lies in a queue within three
 * minutes; one that is throttled would only after 15, as a start or an advance, and a reaper that does not run is silent.
 */
const metricsOf: Partial<Record<FunctionName, 'Errors' | 'Throttles'>> = {
  start: 'Errors',
  advance: 'Errors',
  reap: 'Errors',
  halt: 'Throttles',
}

interface Alarm {
  readonly description: string
  readonly namespace: string
  readonly metric: string
  readonly dimension: readonly [name: string, value: unknown]
  readonly periodSeconds: number
  readonly statistic: 'Sum' | 'Maximum'
  /** Fewer than one rather than any. */
  readonly missing?: boolean
}

/** What pages of each function, anything undeliverable, and a reaper that stands still: all go to the alert topic. */
export function alarms({ prefix }: Names, queues: readonly string[]): Resources {
  const perFunction = functionNames().flatMap((name) =>
    [metricsOf[name] ?? []].flat().map((metric) => [
      logicalId(name, metric, 'alarm'),
      alarm(`${prefix}-${name}-${metric.toLowerCase()}`, {
        ...lambda(`${prefix}-${name}`, metric),
        description: `Function ${prefix}-${name}: ${metric.toLowerCase()}. Its log says more; a run it drove is ended by the reaper.`,
      }),
    ]),
  )
  const perQueue = queues.map((name) => [
    logicalId(name, 'dlq', 'depth', 'alarm'),
    alarm(`${prefix}-${name}-dlq-depth`, {
      description: `Something could not be delivered and lies in queue ${prefix}-${name}-dlq.`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimension: ['QueueName', `${prefix}-${name}-dlq`],
      periodSeconds: 60,
      statistic: 'Maximum',
    }),
  ])
  const reaper = alarm(`${prefix}-reaper-silent`, {
    ...lambda(`${prefix}-reap`, 'Invocations'),
    description: 'The reaper has not run for 5 minutes: what a dead driver left is undone by fuses only.',
    missing: true,
  })
  return { ...Object.fromEntries([...perFunction, ...perQueue]), ReaperSilentAlarm: reaper }
}

function lambda(functionName: string, metric: string): Omit<Alarm, 'description'> {
  return { namespace: 'AWS/Lambda', metric, dimension: ['FunctionName', functionName], periodSeconds: 300, statistic: 'Sum' }
}

function alarm(name: string, { description, namespace, metric, dimension, periodSeconds, statistic, missing = false }: Alarm): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: name,
      AlarmDescription: description,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: [{ Name: dimension[0], Value: dimension[1] }],
      Period: periodSeconds,
      Statistic: statistic,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: missing ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
      TreatMissingData: missing ? 'breaching' : 'notBreaching',
      AlarmActions: [{ Ref: 'AlertTopic' }],
      OKActions: [{ Ref: 'AlertTopic' }],
    },
  }
}
