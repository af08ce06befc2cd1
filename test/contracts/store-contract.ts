import { describe } from '@jest/globals'
import { auditStoreContract } from './audit-store-contract.ts'
import { largeRecordContract } from './large-record-contract.ts'
import { ledgerStoreContract } from './ledger-store-contract.ts'
import { controlStoreContract, lockStoreContract } from './lock-and-control-contract.ts'
import { noticeStoreContract, totalsStoreContract } from './notices-and-totals-contract.ts'
import { oldItemsContract } from './old-items-contract.ts'
import { runStoreContract } from './run-store-contract.ts'
import { sampleStoreContract } from './sample-store-contract.ts'
import { freshStoreForEach, type StoreUnderTest } from './store-harness.ts'

export interface StoreContractOptions {
  /** False where the server checks its conditions without being atomic (moto); what is tested at once is then left out. */
  readonly atomic: boolean
  /** False where the server's PartiQL is too little of one (moto: no values that are maps, no look for duplicates): no audit trail is kept there. */
  readonly inserts?: boolean
}

/** Puts a store to the whole contract: each test gets an empty one from `open`. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>, options: StoreContractOptions = { atomic: true }): void {
  describe(name, () => {
    const harness = freshStoreForEach(open)
    runStoreContract(harness, options)
    ledgerStoreContract(harness)
    lockStoreContract(harness, options)
    controlStoreContract(harness)
    noticeStoreContract(harness, options)
    totalsStoreContract(harness, options)
    sampleStoreContract(harness)
    largeRecordContract(harness)
    oldItemsContract(harness)
    if (options.inserts !== false) auditStoreContract(harness, options)
  })
}
