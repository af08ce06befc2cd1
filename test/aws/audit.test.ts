import { describe, expect, it } from '@jest/globals'
import { localAccount } from '../../sandbox/aws/aws-call.ts'
import type { FunctionShortName } from '../../sandbox/aws/lambda.ts'
import { packagedResources, rolesWith } from '../support/local-aws.ts'

const table = `arn:aws:dynamodb:eu-central-1:${localAccount}:table/faultline-dev-audit`

/** Every action of DynamoDB that changes items, or what becomes of them, or the table that holds them. */
const changing = [
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'PartiQLUpdate',
  'PartiQLDelete',
  'DeleteTable',
  'UpdateTable',
  'UpdateTimeToLive',
  'UpdateContinuousBackups',
  'DeleteResourcePolicy',
  'PutResourcePolicy',
  'ImportTable',
  'RestoreTableFromBackup',
  'RestoreTableToPointInTime',
  'UpdateGlobalTable',
]

const functions = Object.keys(rolesWith(undefined)) as FunctionShortName[]

describe('the audit trail of an installation', () => {
  it.each(functions)('cannot be changed with the rights of %s, which may add to it unless it only looks', async (caller) => {
    const role = rolesWith(undefined)[caller]
    const allowed: string[] = []
    for (const action of changing)
      if ((await role.refusal({ caller, action: `dynamodb:${action}`, resource: table })) === undefined) allowed.push(action)
    expect(allowed).toEqual([])
    const adding = await role.refusal({ caller, action: 'dynamodb:PartiQLInsert', resource: table })
    expect(adding === undefined).toBe(caller !== 'look')
  })

  it('has the role of every function of the package in that list', () => {
    const packaged = Object.values(packagedResources()).filter(({ Type }) => Type === 'AWS::Lambda::Function')
    expect(functions).toHaveLength(packaged.length)
  })

  it('loses nothing by itself: its table has no expiry, is kept when the stack goes, and can be brought back', () => {
    const { AuditTable } = packagedResources()
    expect(AuditTable).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { TableName: 'faultline-dev-audit', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
    })
    expect(AuditTable?.Properties).not.toHaveProperty('TimeToLiveSpecification')
  })
})
