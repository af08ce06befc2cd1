import { FaultlineError } from '../../lib/domain/errors.ts'

/** The functions, and what of an asynchronous invocation is tried again. Names here are those in serverless.yml. */
export const functions = {
  start: { retries: 2, maxAgeSeconds: 900 },
  advance: { retries: 2, maxAgeSeconds: 900 },
  reap: { retries: 0, maxAgeSeconds: 60 },
  look: { retries: 0, maxAgeSeconds: 60 },
  control: { retries: 0, maxAgeSeconds: 60 },
  /** Sent off without waiting, it has to happen all the same. */
  halt: { retries: 2, maxAgeSeconds: 900 },
  resume: { retries: 0, maxAgeSeconds: 60 },
  approve: { retries: 0, maxAgeSeconds: 60 },
} as const

/** The reaper's next round, a minute later, is its retry: a queue would only page for what is mended by then. Who looks has the answer or none. */
export const withoutQueue: readonly string[] = ['reap', 'look']

export type FunctionName = keyof typeof functions

/** Each queue costs an alarm: what people invoke shares one, as each message in it names its function. */
const sharedQueue: Partial<Record<FunctionName, string>> = {
  control: 'by-hand',
  halt: 'by-hand',
  resume: 'by-hand',
  approve: 'by-hand',
}

/** The dead-letter queue of a function. */
export const queueOf = (name: FunctionName): string => sharedQueue[name] ?? name

/** What every piece of the template is made from. */
export interface Names {
  readonly stage: string
  /** Literal on purpose: environments without references work in `osls invoke local` too. */
  readonly prefix: string
}

export type Resource = Readonly<Record<string, unknown>>
export type Resources = Readonly<Record<string, Resource>>

/** `start-dlq` becomes `StartDlq`. */
export function logicalId(...words: readonly string[]): string {
  return words
    .flatMap((word) => word.split(/[^A-Za-z0-9]+/))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/** The logical id that osls gives a function. */
export function functionId(name: FunctionName): string {
  return `${logicalId(name)}LambdaFunction`
}

export const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })

/** An ARN in this account and region, e.g. `arn('logs', 'log-group:/x')`. */
export function arn(service: string, rest: string): { readonly 'Fn::Sub': string } {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}` }
}

/** IAM's limit for a role's name. */
const longestRole = 64
/** `us-isof-south-1`, as no region's name is longer. */
const longestRegion = 15
const longestStage = longestRole - 'faultline--scheduler-'.length - longestRegion

/** The names of a stage. @throws FaultlineError `bad_input` for one of which AWS would not take the names */
export function namesOf(stage: string): Names {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(stage) || stage.length > longestStage) {
    const message = `stage "${stage}": expected 1 to ${longestStage} letters, digits and hyphens; it is part of the names of roles (${longestRole} characters at most), queues and the table`
    throw new FaultlineError('bad_input', message)
  }
  return { stage, prefix: `faultline-${stage}` }
}

export function functionNames(): readonly FunctionName[] {
  return Object.keys(functions) as FunctionName[]
}

/** What the queues of undeliverable things are called, without the stage. */
export function queueNames(): readonly string[] {
  const queued = functionNames().filter((name) => !withoutQueue.includes(name))
  return [...new Set(queued.map(queueOf)), 'schedules', 'advance-events']
}
