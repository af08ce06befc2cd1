import type { MetricsSink, Notifier, ReportStore } from '../../lib/ports.ts'
import type { AlertCommands } from '../../lib/report/alert-text.ts'
import { linkToPage } from '../../lib/report/link.ts'
import { log } from './log.ts'
import type { Settings } from './settings.ts'

/** The notifiers of a deployment, besides the log and the bus. */
export interface Listeners {
  readonly notifiers: readonly Notifier[]
  readonly sink: MetricsSink | null
  readonly reports: ReportStore | null
}

/** Opens the alert topic and what the configuration names; each adapter is loaded only where it is needed. */
export async function openListeners({ stage, region, topic, deployment }: Settings, functionArn: string | undefined): Promise<Listeners> {
  const reports = openReports(deployment.reportBucket, region)
  const topicArn = topicBeside(functionArn, topic)
  if (topicArn === null) log('error', 'the function does not know its account: no alert is sent', { topic })
  return {
    notifiers: topicArn === null ? [] : [await openTopic(topicArn, { opening: reports, commands: byControl(stage) })],
    sink: await openSink(deployment.pushgatewayUrl),
    reports: await reports,
  }
}

/** The alert topic is in the function's own account and region. */
function topicBeside(functionArn: string | undefined, topic: string): string | null {
  const [, partition, region, account] = /^arn:([\w-]+):lambda:([\w-]+):(\d{12}):function:/.exec(functionArn ?? '') ?? []
  return account === undefined ? null : `arn:${partition}:sns:${region}:${account}:${topic}`
}

/** What is pasted into the console's test event of the function that it names; the reaper comes by itself. */
function byControl(stage: string): AlertCommands {
  const event = (fields: object) => `faultline-${stage}-control ${JSON.stringify(fields)}`
  return {
    show: (run) => event({ action: 'status', run }),
    abort: (run) => event({ action: 'abort', run }),
    reap: () => `faultline-${stage}-reap {}`,
    resolve: (run) => event({ action: 'resolve', run, by: 'NAME', why: '...' }),
    approve: (run, plan) => `faultline-${stage}-approve ${JSON.stringify({ run, plan })}`,
  }
}

async function openTopic(
  topicArn: string,
  { opening, commands }: { readonly opening: Promise<ReportStore | null>; readonly commands: AlertCommands },
): Promise<Notifier> {
  const [{ createSnsNotifier }, reports] = await Promise.all([import('../../lib/adapters/sns/notifier.ts'), opening])
  return createSnsNotifier({ topicArn, commands, ...(reports === null ? {} : { reportUrl: (runId) => linkToPage(reports, runId) }) })
}

async function openReports(bucket: string | undefined, region: string): Promise<ReportStore | null> {
  if (bucket === undefined) return null
  const { createS3ReportStore } = await import('../../lib/adapters/s3/report-store.ts')
  return createS3ReportStore({ bucket, region, prefix: 'faultline/' })
}

async function openSink(url: string | undefined): Promise<MetricsSink | null> {
  if (url === undefined) return null
  const { createPushgatewaySink } = await import('../../lib/adapters/pushgateway/sink.ts')
  return createPushgatewaySink({ url })
}
