import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { askFunction } from '../../lib/adapters/aws/function-url.ts'
import { keysOf, regionOf } from '../../lib/adapters/aws/person.ts'
import { stackOutputs } from '../../lib/adapters/aws/stack-outputs.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { type InstallationEntry, installationsSchema } from '../../lib/remote/installations.ts'
import { type PeoplesFunction, urlOutput } from '../../lib/remote/interface.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import type { Terminal } from '../terminal.ts'

/** An installation on AWS, as a person acts on it. */
export interface Installation {
  readonly name: string
  /** @throws FaultlineError what the function threw, or what kept the question from it */
  ask(name: PeoplesFunction, payload: object): Promise<Readonly<Record<string, unknown>>>
}

/** Flags of commands that may act on an installation instead of here. */
export interface AwsFlags {
  readonly state: string
  readonly aws?: string
}

/** What `npm run aws:local` leaves in the state directory, for `--aws local`. */
const localSchema = z.object({
  region: z.string(),
  urls: z.record(z.string(), z.string()),
  keys: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
})

/**
 * The installation that `--aws` names: an entry of `installations`, what `npm run aws:local` plays, or a stage. Its URLs are those of the entry,
 * else those that its stack tells.
 * @throws FaultlineError what is missing, and what mends it
 */
export async function findInstallation(name: string, { state }: AwsFlags, { env }: Pick<Terminal, 'env'>): Promise<Installation> {
  const entry = entryNamed(name, env)
  const local = join(state, 'aws-local.json')
  if (name === 'local' && entry === undefined && existsSync(local)) return playedHere(local)
  const { stage = name, profile, urls } = entry ?? {}
  const [region, keys] = await Promise.all([regionOf(entry ?? {}, name), keysOf({ profile })])
  let outputs: Promise<ReadonlyMap<string, string>> | undefined
  return {
    name,
    ask: async (wanted, payload) => {
      const found = urls?.[wanted]
      if (found === undefined) outputs ??= stackOutputs({ stack: `faultline-${stage}`, region, keys })
      const url = found ?? (await outputs)?.get(urlOutput(wanted))
      if (url === undefined) {
        const message = `installation ${name} has no URL for ${wanted}: it was deployed by an older version; deploy it again`
        throw new FaultlineError('unavailable', message)
      }
      return askFunction({ name: wanted, stage, url, region, keys }, payload)
    },
  }
}

function playedHere(file: string): Installation {
  const { region, urls, keys } = checked(localSchema, JSON.parse(readFileSync(file, 'utf8')), file)
  const ask: Installation['ask'] = (name, payload) =>
    askFunction({ name, stage: 'local', url: urls[name] ?? '', region, keys: async () => keys }, payload)
  return { name: 'local', ask }
}

const configFile = z.looseObject({ installations: installationsSchema.optional() })

function entryNamed(name: string, env: Terminal['env']): InstallationEntry | undefined {
  const file = env.FAULTLINE_CONFIG ?? 'faultline.config.json'
  if (env.FAULTLINE_CONFIG === undefined && !existsSync(file)) return undefined
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FaultlineError('bad_input', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const { installations = {} } = checked(configFile, json, file)
  return Object.hasOwn(installations, name) ? installations[name] : undefined
}
