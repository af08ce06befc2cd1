import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb'
import type { Comparison, Condition } from '../table/conditions.ts'
import { type Addition, type Attributes, keyAttributes, type Query } from '../table/table-access.ts'

/** Parts of an expression with the names and values it refers to; every name and value gets a placeholder, since `ttl` and others are reserved words. */
class Expression {
  readonly #names: Record<string, string> = {}
  readonly #values: Record<string, unknown> = {}

  name(attribute: string): string {
    const known = Object.keys(this.#names).find((placeholder) => this.#names[placeholder] === attribute)
    const placeholder = known ?? `#n${Object.keys(this.#names).length}`
    this.#names[placeholder] = attribute
    return placeholder
  }

  value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.#values).length}`
    this.#values[placeholder] = value
    return placeholder
  }

  /** Empty maps are errors to DynamoDB. */
  attributes() {
    return {
      ExpressionAttributeNames: this.#names,
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    }
  }
}

/** Of a put or a delete. */
export function conditionInput(condition: Condition | undefined): object {
  if (condition === undefined) return {}
  const expression = new Expression()
  return { ConditionExpression: anyOf(condition, expression), ...expression.attributes() }
}

/** Sets attributes; undefined ones are left as they are. */
export function updateInput(attributes: Attributes, condition: Condition) {
  return addInput({ amounts: {}, set: attributes }, condition)
}

/** Sets attributes and adds to amounts. */
export function addInput({ amounts, set }: Addition, condition: Condition) {
  const expression = new Expression()
  const sets = Object.entries(set).flatMap(([name, value]) =>
    value === undefined ? [] : [`${expression.name(name)} = ${expression.value(value)}`],
  )
  const adds = Object.entries(amounts).map(([name, amount]) => `${expression.name(name)} ${expression.value(amount)}`)
  const clauses = [...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []), ...(adds.length > 0 ? [`ADD ${adds.join(', ')}`] : [])]
  return { ConditionExpression: anyOf(condition, expression), UpdateExpression: clauses.join(' '), ...expression.attributes() }
}

/** An index is read eventually consistent, as DynamoDB offers nothing else there. */
export function queryInput({ from, partition, sort, highestFirst = false, keysOnly = false }: Query): Omit<QueryCommandInput, 'TableName'> {
  const expression = new Expression()
  const [partitionName, sortName] = keyAttributes[from]
  const parts = [`${expression.name(partitionName)} = ${expression.value(partition)}`]
  if (sort !== undefined) parts.push(sortCondition(sort.is, expression.name(sortName), expression.value(sort.value)))
  const only = keysOnly ? { ProjectionExpression: ['pk', 'sk', 'ttl'].map((name) => expression.name(name)).join(', ') } : {}
  return {
    ...only,
    ...(from === 'items' ? { ConsistentRead: true } : { IndexName: from }),
    KeyConditionExpression: parts.join(' AND '),
    ScanIndexForward: !highestFirst,
    ...expression.attributes(),
  }
}

function sortCondition(is: NonNullable<Query['sort']>['is'], name: string, value: string): string {
  if (is === 'beginsWith') return `begins_with(${name}, ${value})`
  return `${name} ${{ below: '<', above: '>', upTo: '<=' }[is]} ${value}`
}

function anyOf(condition: Condition, expression: Expression): string {
  return condition.map((comparison) => comparisonText(comparison, expression)).join(' OR ')
}

function comparisonText(comparison: Comparison, expression: Expression): string {
  const name = expression.name(comparison.attribute)
  if (comparison.is === 'absent') return `attribute_not_exists(${name})`
  if (comparison.is === 'present') return `attribute_exists(${name})`
  return `${name} ${comparison.is} ${expression.value(comparison.value)}`
}
