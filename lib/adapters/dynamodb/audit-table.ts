import { type CreateTableCommandInput, DuplicateItemException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, ExecuteStatementCommand } from '@aws-sdk/lib-dynamodb'
import type { AuditAccess } from '../table/audit.ts'
import { assertFits } from '../table/item-size.ts'
import { toStoreError } from './errors.ts'
import { createTableAccess } from './table-access.ts'

/** The table of the audit trail beside the table of all else. */
export const auditTableOf = (table: string) => `${table}-audit`

/** It has no expiry and no index: nothing in it goes by itself. */
export const auditTableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
} satisfies Omit<CreateTableCommandInput, 'TableName'>

/**
 * Opens the trail. Entries are inserted by PartiQL: unlike `PutItem`, which replaces what it finds unless its caller asks it not to, an INSERT
 * never does, and IAM knows it as an action of its own (`dynamodb:PartiQLInsert`,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html). A role that may do nothing else there cannot
 * change what is in it.
 */
export function createAuditAccess(client: DynamoDBDocumentClient, table: string): AuditAccess {
  const { query } = createTableAccess(client, table)
  return {
    query,
    insert: async (item) => {
      assertFits(item, item)
      const names = Object.keys(item)
      const Statement = `INSERT INTO "${table}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`
      try {
        await client.send(new ExecuteStatementCommand({ Statement, Parameters: names.map((name) => item[name]) }))
        return true
      } catch (error) {
        if (error instanceof DuplicateItemException) return false
        throw toStoreError(error, `insert ${item.pk} / ${item.sk} into table ${table}`)
      }
    },
  }
}
