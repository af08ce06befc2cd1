import * as z from 'zod'
import type { FaultName } from '../domain/suite.ts'
import { degradationParams, dnsParams, failureParams, httpParams, partitionParams, resourceParams } from './params-schema.ts'

/** One key of `params` of a fault. */
export interface FaultParam {
  readonly key: string
  /** The words or the kind of value that are allowed. */
  readonly allowed: string
  readonly isRequired: boolean
  /** As JSON; left out where there is none, or where it depends on other keys. */
  readonly default?: string
  readonly description: string
}

/** Keys that mean something for one resource only. */
const onlyFor: Readonly<Record<string, readonly FaultName[]>> = {
  path: ['disk-exhaustion'],
  mode: ['network-exhaustion'],
  allowUnused: ['network-exhaustion'],
}

/** The keys of `params` of a fault, from the schema that suites are checked by, so that none is forgotten. */
export function paramsOfFault(name: FaultName): readonly FaultParam[] {
  const json = z.toJSONSchema(schemaOf(name), { io: 'input', unrepresentable: 'any' })
  const isForeign = (key: string) => name.endsWith('-exhaustion') && onlyFor[key]?.includes(name) === false
  return Object.entries(json.properties ?? {}).flatMap(([key, schema]) => {
    if (typeof schema === 'boolean' || key === 'targets' || isForeign(key)) return []
    return {
      key,
      allowed: allowedBy(schema),
      isRequired: json.required?.includes(key) === true && schema.default === undefined,
      ...(schema.default === undefined ? {} : { default: JSON.stringify(schema.default) }),
      description: schema.description ?? '',
    }
  })
}

function schemaOf(name: FaultName): z.ZodType {
  switch (name) {
    case 'network-partition':
      return partitionParams
    case 'network-degradation':
      return degradationParams
    case 'dns-failure':
      return dnsParams
    case 'http-fault':
      return httpParams
    case 'pod-delete':
    case 'pod-kill':
    case 'crashloop':
    case 'pod-pause':
    case 'node-drain':
      return failureParams.options.find(({ shape }) => shape.failure_type.value === name) ?? failureParams
    case 'cpu-exhaustion':
    case 'memory-exhaustion':
    case 'disk-exhaustion':
    case 'network-exhaustion':
      return resourceParams
  }
}

type Json = z.core.JSONSchema.BaseSchema

function allowedBy({ const: only, enum: words, type, items, minimum, maximum }: Json): string {
  if (only !== undefined) return String(only)
  if (words !== undefined) return words.join(', ')
  if (type === 'boolean') return 'true, false'
  if (type === 'array')
    return `list of ${typeof items === 'object' && !Array.isArray(items) && items.type === 'integer' ? 'numbers' : 'texts'}`
  if (type !== 'integer' && type !== 'number') return 'text'
  return `${type === 'integer' ? 'whole number' : 'number'}${minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`}`
}
