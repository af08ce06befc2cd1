import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterNamed, type Deployment } from '../../functions/shared/deployment.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { latestStartSeconds } from '../../lib/domain/guard-times.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'
import type { Schedule, Suite } from '../../lib/domain/suite.ts'
import { isListed } from '../../lib/probes/reach.ts'
import { refuseCommands } from '../../lib/suite/commands.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { isYamlName, suitesAmong } from '../../lib/suite/suite-names.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'
import { arnOf, functionId, logicalId, type Names, type Resource, type Resources, withoutQueue } from './names.ts'

/** A packaged suite that starts by itself. */
export interface ScheduledSuite {
  /** Its file without the ending. */
  readonly name: string
  readonly schedule: Schedule
}

/** Every suite of the folder with a schedule. @throws FaultlineError `bad_input` with all that is wrong with any of them */
export function scheduledSuites(folder: string): readonly ScheduledSuite[] {
  return packagedSuites(folder).flatMap(({ name, suite: { schedule } }) => (schedule === null ? [] : [{ name, schedule }]))
}

/** What probes of packaged suites ask of CloudWatch. @throws as `scheduledSuites` */
export function watchedSources(folder: string): readonly CloudWatchSource[] {
  const sources = packagedSuites(folder).flatMap(({ suite }) => suite.probes.map(({ source }) => source))
  return sources.flatMap((source) => (source.type === 'cloudwatch_alarm' || source.type === 'cloudwatch_metric' ? [source] : []))
}

/** Packaged suites ask only hosts that the configuration lists. @throws FaultlineError `bad_input` naming the first that does not */
export function checkEndpoints(folder: string, { endpoints }: Pick<Deployment, 'endpoints'>): void {
  for (const { name, suite } of packagedSuites(folder)) {
    for (const { name: probe, source } of suite.probes) {
      const url = source.type === 'http' || source.type === 'prometheus' ? source.url : null
      if (url === null || isListed(endpoints, new URL(url))) continue
      const { host, hostname } = new URL(url)
      const message = `experiments/${name}: probe "${probe}" asks ${host}, which is not among \`endpoints\` of faultline.config.json: add { "host": "${hostname}" }`
      throw new FaultlineError('bad_input', message)
    }
  }
}

function packagedSuites(folder: string): readonly { readonly name: string; readonly suite: Suite }[] {
  const suites = suitesAmong(readdirSync(folder))
  return suites.flatMap(({ name, file }, n) => {
    const path = join(folder, file)
    const twin = suites.findIndex((other) => other.name === name)
    if (twin < n) throw new FaultlineError('bad_input', `${path} and ${suites[twin]?.file} are two suites of one name; rename one of them`)
    const parsed = parseSuite(readFileSync(path, 'utf8'), path, isYamlName(file) ? { read: readYaml } : {})
    if (!parsed.ok) throw new FaultlineError('bad_input', formatProblems(parsed.problems))
    refuseCommands(parsed.suite, path)
    return [{ name, suite: parsed.suite }]
  })
}

/** What the scheduler sends to `start`: it fills in the time itself, which makes a second delivery the same start. */
function startInputOf({ name, schedule }: ScheduledSuite): Readonly<Record<string, string>> {
  const scheduledAt = '<aws.scheduler.scheduled-time>'
  return { suite: name, ...(schedule.cluster === null ? {} : { cluster: schedule.cluster }), scheduledAt }
}

/** As EventBridge Scheduler writes it; a rate of one wants its unit in the singular. */
export function expressionOf({ cron, rate }: Pick<Schedule, 'cron' | 'rate'>): string {
  if (cron !== null) return `cron(${cron.trim().split(/\s+/).join(' ').toUpperCase()})`
  const [count = '', unit = ''] = (rate ?? '').split(' ')
  return `rate(${count} ${unit.replace(/s$/, '')}${count === '1' ? '' : 's'})`
}

const reaper = 'reap'
const idOf = (name: string) => logicalId(name, 'schedule')

/** Names that AWS takes for schedules, and that are neither each other's nor the reaper's once they are logical ids. */
function checkNames(suites: readonly ScheduledSuite[]): void {
  const taken = new Map([[idOf(reaper), 'the reaper']])
  for (const { name } of suites) {
    const said = `experiments/${name} has a schedule, which bears its name`
    if (!/^\w[\w.-]{0,63}$/.test(name))
      throw new FaultlineError('bad_input', `${said}: rename it (1 to 64 ASCII letters, digits, "-", "_" and ".")`)
    const other = taken.get(idOf(name))
    if (other !== undefined) throw new FaultlineError('bad_input', `${said}: it would take the place of ${other}'s schedule; rename it`)
    taken.set(idOf(name), name)
  }
}

/** The schedules of all suites, and the reaper's. @throws FaultlineError `bad_input` for a suite whose name cannot be a schedule's */
export function schedules(names: Names, suites: readonly ScheduledSuite[], deployment: Deployment): Resources {
  checkNames(suites)
  for (const { schedule } of suites) if (schedule.cluster !== null) clusterNamed(deployment, schedule.cluster)
  const group = { ScheduleGroup: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: names.prefix } } }
  const reap = scheduleOf(reaper, { expression: 'rate(1 minute)', timezone: 'UTC', enabled: true, target: 'reap', input: {}, patience: 60 })
  const starts = suites.map((suite) => [
    idOf(suite.name),
    scheduleOf(suite.name, {
      expression: expressionOf(suite.schedule),
      timezone: suite.schedule.timezone,
      enabled: suite.schedule.enabled,
      target: 'start',
      input: startInputOf(suite),
      patience: latestStartSeconds,
    }),
  ])
  return { ...group, ...Object.fromEntries(starts), [idOf(reaper)]: reap }
}

interface ScheduleOptions {
  readonly expression: string
  readonly timezone: string
  readonly enabled: boolean
  readonly target: 'start' | 'reap'
  readonly input: object
  /** Seconds after which an undelivered event is given up: a game day must not begin hours late, when its people are gone. */
  readonly patience: number
}

function scheduleOf(name: string, { expression, timezone, enabled, target, input, patience }: ScheduleOptions): Resource {
  return {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: name,
      GroupName: { Ref: 'ScheduleGroup' },
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: enabled ? 'ENABLED' : 'DISABLED',
      Target: {
        Arn: arnOf(functionId(target)),
        RoleArn: arnOf('SchedulerRole'),
        Input: JSON.stringify(input),
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: patience },
        ...(withoutQueue.includes(target) ? {} : { DeadLetterConfig: { Arn: arnOf('SchedulesDlq') } }),
      },
    },
  }
}
