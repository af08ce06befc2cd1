import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ensureTable, tableDefinition } from '../../../lib/adapters/dynamodb/table.ts'
import { openDynaliteStore } from '../../contracts/dynalite.ts'

describe('the table', () => {
  let opened: Awaited<ReturnType<typeof openDynaliteStore>>
  beforeEach(async () => {
    opened = await openDynaliteStore()
  })
  afterEach(() => opened.close())

  test('many may ensure the same table at once, and it is usable when any of them returns', async () => {
    await Promise.all(Array.from({ length: 10 }, () => ensureTable(opened.client, 'faultline-new')))
    const { Table: table } = await opened.client.send(new DescribeTableCommand({ TableName: 'faultline-new' }))
    expect(table?.TableStatus).toBe('ACTIVE')
    expect(table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    expect(table?.GlobalSecondaryIndexes?.map((index) => index.IndexName)).toEqual(['due', 'suites'])
  })

  test('declares exactly the attributes that its keys use', () => {
    const used = [tableDefinition, ...tableDefinition.GlobalSecondaryIndexes].flatMap((one) =>
      one.KeySchema.map((key) => key.AttributeName),
    )
    expect(tableDefinition.AttributeDefinitions.map((attribute) => attribute.AttributeName).sort()).toEqual(used.sort())
  })
})
