import * as z from 'zod'
import { degradationKinds } from '../domain/degradation-spec.ts'
import { dnsKinds } from '../domain/dns-spec.ts'
import { httpKinds } from '../domain/http-spec.ts'
import { partitionKinds, resourceKinds } from '../domain/suite.ts'
import { degradationParams, dnsParams, failureParams, httpParams, partitionParams, resourceParams } from './params-schema.ts'
import { anyStep } from './schema.ts'
import { targetConditions } from './targets-schema.ts'

/** How a flag's text becomes the value of the suite file. */
export type FlagValue = 'switch' | 'text' | 'number' | 'texts' | 'numbers'

/** One key of a step, as a flag of the command line: made from the schema, so that no key is forgotten. */
export interface FaultFlag {
  /** As the suite file spells it; in camel case, which is what a flag's name in kebab case turns into. */
  readonly key: string
  readonly part: 'step' | 'params' | 'targets'
  readonly value: FlagValue
  /** A switch that is on unless `--no-…` turns it off. */
  readonly isOn: boolean
  readonly description: string
}

/** A type of faults: its word on the command line, and in the suite file. */
export interface FaultFamily {
  readonly type: string
  /** The key of `params` that names the kind. */
  readonly kindKey: string
  readonly kinds: readonly string[]
  readonly flags: readonly FaultFlag[]
}

type Shape = Readonly<Record<string, z.ZodType>>

const failureShapes = failureParams.options.map(({ shape }): Shape => shape)

/** Every type of faults by the word that `faultline inject` takes for it. */
export const faultFamilies: Readonly<Record<string, FaultFamily>> = {
  'network-partition': family('network_partition', 'partition_type', partitionKinds, [partitionParams.shape]),
  'node-failure': family(
    'node_failure',
    'failure_type',
    failureParams.options.map(({ shape }) => shape.failure_type.value),
    failureShapes,
  ),
  'resource-exhaustion': family('resource_exhaustion', 'resource_type', resourceKinds, [resourceParams.shape]),
  'network-degradation': family('network_degradation', 'degradation_type', degradationKinds, [degradationParams.shape]),
  'dns-failure': family('dns_failure', 'dns_type', dnsKinds, [dnsParams.shape]),
  'http-fault': family('http_fault', 'http_type', httpKinds, [httpParams.shape]),
}

function family(type: string, kindKey: string, kinds: readonly string[], shapes: readonly Shape[]): FaultFamily {
  const params = Object.assign({}, ...shapes) as Shape
  return {
    type,
    kindKey,
    kinds,
    flags: [
      // One fault overlaps with no other.
      ...flagsOf('step', anyStep.shape, ['type', 'params', 'targets', 'together', 'delay', 'after']),
      ...flagsOf('targets', targetConditions.shape, ['selector']),
      ...flagsOf('params', params, [kindKey, 'targets']),
    ],
  }
}

function flagsOf(part: FaultFlag['part'], shape: Shape, without: readonly string[]): readonly FaultFlag[] {
  return Object.entries(shape)
    .filter(([key]) => !without.includes(key))
    .map(([key, schema]) => {
      const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
      const choices = json.enum === undefined ? '' : ` (${json.enum.join(', ')})`
      return { key, part, value: formOf(json), isOn: json.default === true, description: `${json.description ?? ''}${choices}` }
    })
}

function formOf({ type, items }: z.core.JSONSchema.BaseSchema): FlagValue {
  const isNumber = (of: unknown) => of === 'number' || of === 'integer'
  if (type === 'boolean') return 'switch'
  if (type === 'array') return typeof items === 'object' && !Array.isArray(items) && isNumber(items.type) ? 'numbers' : 'texts'
  return isNumber(type) ? 'number' : 'text'
}

/** What flags say, by key; a key that is not there was not said. */
export type FlagValues = Readonly<Record<string, unknown>>

/** The suite of one step that the flags describe, as a file would have it; nothing of it is checked yet. */
export function suiteOfFlags(options: {
  readonly family: FaultFamily
  readonly kind: string
  readonly said: FlagValues
  /** `namespace` and `selector`, where they are given. */
  readonly workload: Readonly<Record<string, string>>
}): object {
  const { family: chosen, kind, said, workload } = options
  const part = (wanted: FaultFlag['part']) =>
    Object.fromEntries(chosen.flags.flatMap(({ key, part: its }) => (its === wanted && said[key] !== undefined ? [[key, said[key]]] : [])))
  const targets = part('targets')
  const step = {
    name: `${chosen.type.replace('_', '-')} ${kind}`,
    type: chosen.type,
    params: { [chosen.kindKey]: kind, ...part('params') },
    ...(Object.keys(targets).length === 0 ? {} : { targets }),
    ...part('step'),
  }
  // One fault, now: there is nothing before and after it that a time of quiet would set apart.
  return { name: step.name, ...workload, gracePeriod: 0, experiments: [step] }
}

/** A flag as a person writes it: `repeatEvery` → `--repeat-every`; names of pods are `--targets`. */
export function flagName({ key, part }: Pick<FaultFlag, 'key' | 'part'>): string {
  return part === 'targets' && key === 'names' ? '--targets' : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
