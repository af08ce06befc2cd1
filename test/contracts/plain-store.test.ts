import { createTableStore } from '../../lib/adapters/table/store.ts'
import { createPlainTable } from '../support/plain-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { repeatingLostWrites } from './lost-answers.ts'
import { nine } from './records.ts'
import { describeStore } from './store-contract.ts'

describeStore('the store of the simulation', async () => {
  const table = createPlainTable()
  const { answers, access } = repeatingLostWrites(table)
  const close = async () => {}
  return { store: createTableStore({ table: access, clock: new VirtualClock(nine), close }), table, trail: table, answers, close }
})
