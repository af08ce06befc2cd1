import { openDynaliteStore } from './dynalite.ts'
import { describeStore } from './store-contract.ts'

describeStore('the DynamoDB adapter on dynalite in memory', openDynaliteStore)
