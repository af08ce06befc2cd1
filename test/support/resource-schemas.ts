import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec'
import type { PropertyType, Resource, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types'
import type { TemplateResources } from './cloudformation.ts'

/** What AWS' own schemas have against the resources of a template, one line for each problem, e.g. `Table.KeySchema is missing`. */
export async function schemaProblems(resources: TemplateResources): Promise<readonly string[]> {
  const db = await loadAwsServiceSpec()
  const specs = new Map(
    Object.entries(resources).map(([id, { Type }]) => [id, db.lookup('resource', 'cloudFormationType', 'equals', Type).at(0)]),
  )
  return Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) => {
    const spec = specs.get(id)
    if (spec === undefined) return [`${id}: AWS has no ${Type}`]
    return [
      ...new Checker(db).object(Properties, spec.properties, id),
      ...wrongAttributes(Properties, specs).map((text) => `${id}: ${text}`),
    ]
  })
}

type Value = unknown

class Checker {
  readonly #db: SpecDatabase

  constructor(db: SpecDatabase) {
    this.#db = db
  }

  object(value: object, properties: ResourceProperties, at: string): readonly string[] {
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(properties, name))
    const given = new Set(Object.keys(value))
    const missing = Object.entries(properties).filter(([name, { required }]) => required === true && !given.has(name))
    return [
      ...unknown.map((name) => `${at}.${name} is not known`),
      ...missing.map(([name]) => `${at}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, inner]) => {
        const property = properties[name]
        return property === undefined ? [] : this.#value(inner, [property.type, ...(property.previousTypes ?? [])], `${at}.${name}`)
      }),
    ]
  }

  /** A value that one of the types takes has no problem; else those of the first are told. */
  #value(value: Value, types: readonly PropertyType[], at: string): readonly string[] {
    const found = types.map((type) => this.#ofType(value, type, at))
    return found.find((problems) => problems.length === 0) ?? found[0] ?? []
  }

  #ofType(value: Value, type: PropertyType, at: string): readonly string[] {
    // What a reference gives is a text.
    if (isReference(value)) return ['ref', 'array', 'map'].includes(type.type) ? [`${at} is a reference, not ${type.type}`] : []
    switch (type.type) {
      case 'string':
        return allowed(value, type.allowedValues, at) ?? wrong(typeof value === 'string', 'a text', at)
      case 'date-time':
        return wrong(typeof value === 'string', 'a text', at)
      case 'number':
        return wrong(typeof value === 'number', 'a number', at)
      case 'integer':
        return allowed(value, type.allowedValues, at) ?? wrong(Number.isInteger(value), 'a whole number', at)
      case 'boolean':
        return wrong(typeof value === 'boolean', 'true or false', at)
      case 'json':
      case 'null':
        return []
      case 'tag':
        return wrong(isObject(value) && Object.keys(value).sort().join() === 'Key,Value', 'a tag', at)
      case 'array':
        if (!Array.isArray(value)) return [`${at} is no list`]
        return value.flatMap((one, n) => this.#value(one, [type.element], `${at}[${n}]`))
      case 'map':
        if (!isObject(value)) return [`${at} is no map`]
        return Object.entries(value).flatMap(([name, one]) => this.#value(one, [type.element], `${at}.${name}`))
      case 'union':
        return this.#value(value, type.types, at)
      case 'ref':
        if (!isObject(value)) return [`${at} is no object`]
        return this.object(value, this.#db.get('typeDefinition', type.reference).properties, at)
      default:
        throw new Error(`${at}: a type that is not known here: ${JSON.stringify(type)}`)
    }
  }
}

const wrong = (holds: boolean, what: string, at: string): readonly string[] => (holds ? [] : [`${at} is not ${what}`])

function allowed(value: Value, values: readonly unknown[] | undefined, at: string): readonly string[] | undefined {
  if (values === undefined || values.includes(value)) return undefined
  return [`${at} is ${JSON.stringify(value)}, not one of ${values.join(', ')}`]
}

const isObject = (value: Value): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

function isReference(value: Value): boolean {
  if (!isObject(value)) return false
  const names = Object.keys(value)
  return names.length === 1 && (names[0] === 'Ref' || names[0]?.startsWith('Fn::') === true)
}

/** `Fn::GetAtt` of what a resource does not have. */
function wrongAttributes(value: Value, specs: ReadonlyMap<string, Resource | undefined>): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => wrongAttributes(one, specs))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Fn::GetAtt') return unknownAttribute(Array.isArray(inner) ? inner : String(inner).split(/\.(.*)/), specs)
    if (key !== 'Fn::Sub') return wrongAttributes(inner, specs)
    return [...String(inner).matchAll(/\$\{(\w+)\.([\w.]+)\}/g)].flatMap(([, ...names]) => unknownAttribute(names, specs))
  })
}

function unknownAttribute([id = '', name = '']: readonly string[], specs: ReadonlyMap<string, Resource | undefined>): readonly string[] {
  const attributes = specs.get(id)?.attributes ?? {}
  return Object.hasOwn(attributes, name) ? [] : [`${id} has no attribute ${name}`]
}
