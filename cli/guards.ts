import { existsSync, readFileSync } from 'node:fs'
import * as z from 'zod'
import { approvalRules, approvalSchema } from '../lib/approval-settings.ts'
import { type Config, secondPersonActs } from '../lib/config.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import { type Endpoint, endpointsSchema } from '../lib/endpoint-settings.ts'
import { guardRules, guardsSchema } from '../lib/owner-guards.ts'
import { nearest } from '../lib/suite/did-you-mean.ts'
import { checked } from '../lib/suite/parse-with-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Other keys of the file are the deployment's own; one that was meant to be `guards` must not lift them. */
const noneMisspelt = (value: object, { addIssue }: z.RefinementCtx) => {
  for (const key of Object.keys(value).filter((one) => !ours.includes(one))) {
    const meant = nearest(key, ours)
    if (meant !== undefined) addIssue({ code: 'custom', path: [key], message: `unknown key \`${key}\`: did you mean \`${meant}\`?` })
  }
}
const ours = ['guards', 'endpoints', 'secondPerson', 'approval']

const secondPersonSchema = z.array(z.enum(secondPersonActs))

const guardsFile = z
  .looseObject({
    guards: guardsSchema.default([]),
    endpoints: endpointsSchema.optional(),
    secondPerson: secondPersonSchema.optional(),
    approval: approvalSchema.optional(),
    stages: z
      .record(
        z.string(),
        z
          .looseObject({
            guards: guardsSchema.optional(),
            endpoints: endpointsSchema.optional(),
            secondPerson: secondPersonSchema.optional(),
            approval: approvalSchema.optional(),
          })
          .superRefine(noneMisspelt),
      )
      .default({}),
  })
  .superRefine(noneMisspelt)

/**
 * The owner's rules: of the configuration file here, or that FAULTLINE_CONFIG names; of the stage that FAULTLINE_STAGE names, where it has its
 * own. A file that cannot be read is a rule that nothing can be started by: commands that only stop or undo work without it.
 */
export async function readGuards(env: Environment): Promise<Config['guards']> {
  try {
    return await rulesOfFile(env)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    const refuse = () => {
      throw error
    }
    return [{ calendars: [{ name: fileOf(env), during: refuse }] }]
  }
}

const fileOf = ({ FAULTLINE_CONFIG: named }: Environment) => named ?? 'faultline.config.json'

/**
 * Hosts that probes may ask, of the same file; null where it does not say, so that a person's own machine asks any. Of a file that cannot be
 * read none: no run starts by it anyway.
 */
export async function readEndpoints(env: Environment): Promise<readonly Endpoint[] | null> {
  try {
    const file = readFile(env)
    return file === null ? null : (file.stages[env.FAULTLINE_STAGE ?? '']?.endpoints ?? file.endpoints ?? null)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return []
  }
}

/** What wants a second person, of the same file. One that cannot be read keeps no person from lifting a halt: nothing starts by it anyway. */
export function readSecondPerson(env: Environment): Config['secondPerson'] {
  try {
    const file = readFile(env)
    return file === null ? [] : (file.stages[env.FAULTLINE_STAGE ?? '']?.secondPerson ?? file.secondPerson ?? [])
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return []
  }
}

/** What waits for a person, of the same file. Of one that cannot be read as by default: no run starts by it anyway. */
export function readApproval(env: Environment): Config['approval'] {
  try {
    const file = readFile(env)
    return approvalRules(file?.stages[env.FAULTLINE_STAGE ?? '']?.approval ?? file?.approval)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return approvalRules(undefined)
  }
}

async function rulesOfFile(env: Environment): Promise<Config['guards']> {
  const said = readFile(env)
  const rules = said === null ? [] : (said.stages[env.FAULTLINE_STAGE ?? '']?.guards ?? said.guards)
  if (rules.length === 0) return []
  const { calendarsBeside } = await import('../lib/guard-calendars.ts')
  return guardRules(rules, calendarsBeside(fileOf(env)))
}

/** Null where there is none. @throws FaultlineError `bad_input` */
function readFile(env: Environment): z.output<typeof guardsFile> | null {
  const file = fileOf(env)
  if (env.FAULTLINE_CONFIG === undefined && !existsSync(file)) return null
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FaultlineError('bad_input', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return checked(guardsFile, json, file)
}
