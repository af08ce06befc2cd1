import { FaultlineError } from '../../domain/errors.ts'
import { failed, type Outcome, ok, together, unknown, warning } from '../../domain/finding.ts'
import type { Clock } from '../../ports.ts'
import { nextFires } from '../../suite/next-fires.ts'
import type { Check, Checks } from '../examine.ts'
import type { Deployed, Installation, ScheduleState } from './installation.ts'

/** What the checks of an installation on AWS work with. */
export interface AwsLook {
  readonly installation: Installation
  readonly deployed: Deployed
  readonly clock: Pick<Clock, 'now'>
}

const deploy = 'npx osls deploy --stage STAGE'

/** What is not there is a failure; what may not be read is unknown. */
function check(what: string, look: (look: AwsLook) => Promise<readonly Outcome[]>): Check<AwsLook> {
  return {
    what,
    needs: [],
    look: async (context) => {
      try {
        return await look(context)
      } catch (error) {
        if (!(error instanceof FaultlineError)) throw error
        if (error.code === 'not_found') return [failed(error.message, deploy)]
        return [unknown(error.message, error.code === 'forbidden' ? 'allow the caller what the error names' : null)]
      }
    },
  }
}

const topic = check('the alert topic, and who has confirmed', ({ installation, deployed }) => judgeTopic(installation, deployed.topicArn))

/** Who hears of what is published to a topic. @throws FaultlineError as `Installation` does */
export async function judgeTopic(installation: Pick<Installation, 'topic'>, topicArn: string): Promise<readonly Outcome[]> {
  const subscriptions = await installation.topic(topicArn)
  const add = `aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint ADDRESS`
  const waiting = subscriptions.filter(({ confirmed }) => !confirmed)
  const confirmed = subscriptions.length - waiting.length
  const outcomes = waiting.map(({ protocol, endpoint }) =>
    warning(
      `the ${protocol} subscription is not confirmed: nothing reaches it`,
      `follow the link that AWS sent, or anew: ${add}`,
      endpoint,
    ),
  )
  if (confirmed === 0) return [failed('alerts and alarms reach no one: no subscription is confirmed', add), ...outcomes]
  return [ok(`${confirmed} confirmed subscriptions`), ...outcomes]
}

const table = check('the table: indexes, recovery, TTL', async ({ installation, deployed }) => {
  const name = deployed.prefix
  const { status, indexes, hasPointInTimeRecovery, ttlAttribute } = await installation.table(name)
  const absent = deployed.indexes.filter((wanted) => !indexes.some((index) => index.name === wanted && index.status === 'ACTIVE'))
  const outcomes: Outcome[] = []
  if (status !== 'ACTIVE' && status !== 'UPDATING')
    outcomes.push(failed(`table ${name} is ${status}`, `aws dynamodb describe-table --table-name ${name}`))
  if (absent.length > 0) outcomes.push(failed(`indexes are missing or not active: ${absent.join(', ')}`, deploy))
  if (!hasPointInTimeRecovery) {
    const turnOn = `aws dynamodb update-continuous-backups --table-name ${name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`
    outcomes.push(warning('point-in-time recovery is off: what undoes live faults could not be restored', turnOn))
  }
  if (ttlAttribute !== 'ttl') {
    const turnOn = `aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=true,AttributeName=ttl`
    outcomes.push(warning(`items never go: time to live is ${ttlAttribute === null ? 'off' : `by ${ttlAttribute}`}`, turnOn))
  }
  return outcomes.length > 0 ? outcomes : [ok(`${name} is there, with ${deployed.indexes.length} indexes, recovery and TTL`)]
})

const shownFires = 3

const schedules = check('schedules, and when each fires next', async ({ installation, deployed, clock }) => {
  const there = await installation.schedules(deployed.prefix)
  const absent = deployed.schedules.filter((name) => !there.some((schedule) => schedule.name === name))
  const missing = absent.map((name) => failed('it is not there', deploy, name))
  return [...missing, ...there.map((schedule) => firesOf(schedule, clock.now(), deployed.prefix))]
})

/** Its times in its own zone: a schedule that people expect at three may come at two after a change of daylight saving. */
function firesOf({ name, expression, timezone, isEnabled }: ScheduleState, now: number, group: string): Outcome {
  if (!isEnabled) return warning('it is switched off', `aws scheduler get-schedule --group-name ${group} --name ${name}`, name)
  const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? []
  if (kind === 'rate') return ok(`every ${inner}`, name)
  if (kind !== 'cron') return ok(`${expression} in ${timezone}`, name)
  const { next, change } = nextFires(inner, timezone, { now, count: shownFires })
  if (next.length === 0) return warning(`${expression} never comes again`, 'change `cron` in the suite, then deploy', name)
  const after = change?.after == null ? '' : `; first after the change of ${change.on}: ${change.after.text}`
  const found = `${next.map(({ text }) => text).join(', ')}${after} (${timezone})`
  if (change === null || change.skipped.length === 0) return ok(found, name)
  const skipped = `on ${change.on} ${change.skipped.join(', ')} does not exist there, and is left out`
  return warning(`${skipped}: ${found}`, 'another time of day, or `timezone` UTC', name)
}

const alarms = check('alarms', async ({ installation, deployed }) => {
  const there = await installation.alarms(`${deployed.prefix}-`)
  const absent = deployed.alarms.filter((name) => !there.some((alarm) => alarm.name === name))
  const outcomes = there
    .filter(({ name }) => deployed.alarms.includes(name))
    .map(({ name, state, actionsEnabled, actions }) => {
      const enable = `aws cloudwatch enable-alarm-actions --alarm-names ${name}`
      if (!actionsEnabled) return warning('its actions are switched off', enable, name)
      if (!actions.includes(deployed.topicArn)) return warning('it does not tell the alert topic', deploy, name)
      if (state === 'ALARM') return warning('it is in alarm now', `aws cloudwatch describe-alarm-history --alarm-name ${name}`, name)
      return ok('there, and tells the alert topic', name)
    })
  return [...absent.map((name) => failed('it is not there', deploy, name)), ...together(outcomes, 'alarms')]
})

const logs = check('how long logs are kept', async ({ installation, deployed }) => {
  const groups = await installation.logGroups(`/aws/lambda/${deployed.prefix}-`)
  if (groups.length === 0) return [warning('no function has a log group', deploy)]
  const outcomes = groups.map(({ name, retentionDays }) => {
    const set = `aws logs put-retention-policy --log-group-name ${name} --retention-in-days ${deployed.logRetentionDays}`
    if (retentionDays === null) return warning('kept for ever', set, name)
    if (retentionDays === deployed.logRetentionDays) return ok(`kept for ${retentionDays} days`, name)
    return warning(`kept for ${retentionDays} days, not ${deployed.logRetentionDays}`, set, name)
  })
  return together(outcomes, 'log groups')
})

/** Everything there is to look at in an installation on AWS, in the order in which it is told. */
export const awsChecks = { 'alert-topic': topic, table, schedules, alarms, logs } as const satisfies Checks<AwsLook>
