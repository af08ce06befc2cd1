import type { MessageAttributeValue, PublishCommandInput } from '@aws-sdk/client-sns'
import type { Notice } from '../../domain/notice.ts'
import { alertDocument } from '../../report/alert-document.ts'
import { type AlertCommands, alertText } from '../../report/alert-text.ts'

/**
 * A notice as SNS takes it: text for people, JSON for machines, attributes for filter policies
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html).
 */
export function publication(
  notice: Notice,
  {
    reportUrl,
    isFifo,
    commands,
  }: { readonly reportUrl: string | null; readonly isFifo: boolean; readonly commands?: AlertCommands | undefined },
): Omit<PublishCommandInput, 'TopicArn'> {
  const { subject, body, sms } = alertText(notice, reportUrl, commands)
  const json = JSON.stringify(alertDocument(notice, reportUrl))
  return {
    Subject: subject,
    MessageStructure: 'json',
    Message: JSON.stringify({ default: body, email: body, sms, sqs: json, lambda: json, http: json, https: json, firehose: json }),
    MessageAttributes: attributesOf(notice),
    ...(isFifo ? { MessageGroupId: notice.run.id, MessageDeduplicationId: notice.id } : {}),
  }
}

/** Named in docs/alerts.md; a verdict only when there is one. */
function attributesOf({ kind, severity, run, data }: Notice): Record<string, MessageAttributeValue> {
  const values = {
    kind,
    severity,
    suite: run.suite,
    cluster: run.cluster,
    namespace: run.namespace,
    run: run.id,
    verdict: kind === 'run.refused' ? 'refused' : String(data.verdict ?? ''),
  }
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== '')
      .map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  )
}
