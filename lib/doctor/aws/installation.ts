/** What stands in an AWS account of one installation, read only. Each method throws `FaultlineError`: `not_found`, `forbidden`, `unavailable`. */
export interface Installation {
  topic(arn: string): Promise<readonly Subscription[]>
  table(name: string): Promise<TableState>
  /** Of the installation's schedule group. */
  schedules(group: string): Promise<readonly ScheduleState[]>
  /** Those whose names begin so. */
  alarms(prefix: string): Promise<readonly AlarmState[]>
  /** Those whose names begin so. */
  logGroups(prefix: string): Promise<readonly LogGroup[]>
}

export interface Subscription {
  readonly protocol: string
  readonly endpoint: string
  /** False until a person has followed the link that AWS sends. */
  readonly confirmed: boolean
}

export interface TableState {
  /** `ACTIVE` when it can be used; so with indexes. */
  readonly status: string
  readonly indexes: readonly { readonly name: string; readonly status: string }[]
  readonly hasPointInTimeRecovery: boolean
  /** The attribute by which items go; null when that is off. */
  readonly ttlAttribute: string | null
}

export interface ScheduleState {
  readonly name: string
  /** `cron(…)`, `rate(…)` or `at(…)` */
  readonly expression: string
  readonly timezone: string
  readonly isEnabled: boolean
}

export interface AlarmState {
  readonly name: string
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'
  readonly actionsEnabled: boolean
  /** ARNs that it tells when it goes off. */
  readonly actions: readonly string[]
}

export interface LogGroup {
  readonly name: string
  /** Null: for ever. */
  readonly retentionDays: number | null
}

/** What should be there; a deployment knows it. */
export interface Deployed {
  /** `faultline-STAGE`: the name of table and group, and what all other names begin with. */
  readonly prefix: string
  readonly topicArn: string
  readonly indexes: readonly string[]
  /** Names of schedules, the reaper's included. */
  readonly schedules: readonly string[]
  readonly alarms: readonly string[]
  readonly logRetentionDays: number
}
