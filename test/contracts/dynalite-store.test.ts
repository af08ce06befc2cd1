import { openMemoryStore } from './memory-store.ts'
import { describeStore } from './store-contract.ts'

describeStore('the DynamoDB adapter on dynalite in memory', openMemoryStore)
