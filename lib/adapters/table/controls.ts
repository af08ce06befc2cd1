import type { Control } from '../../domain/control.ts'
import { assertNever } from '../../domain/errors.ts'
import type { ControlKey, ControlStore } from '../../ports.ts'
import { sameWord } from './conditions.ts'
import { abortKey, haltKey, type Key, pauseKey } from './keys.ts'
import { ttlOf } from './ledger.ts'
import type { TableAccess } from './table-access.ts'

/** Switches in the table; a driver reads all that concern its run in one request. */
export function createControlStore(table: TableAccess): ControlStore {
  return {
    read: async (run) => {
      const keys = { halt: haltKey, pause: pauseKey(run.suite), abort: abortKey(run.id) }
      const items = await table.getAll(Object.values(keys))
      const control = ({ pk, sk }: Key) => (items.find((item) => item.pk === pk && item.sk === sk)?.body as Control | undefined) ?? null
      return { halt: control(keys.halt), pause: control(keys.pause), abort: control(keys.abort) }
    },
    set: async (control, word) => {
      const ttl = control.kind === 'abort' ? await ttlOf(table, control.runId) : undefined
      await table.put({ ...keyOf(control), ttl, word: nameOf(word), body: word })
    },
    clear: (control, seen) => table.delete(keyOf(control), sameWord(nameOf(seen))),
  }
}

/** Of two words of one moment each is its speaker's. */
const nameOf = ({ at, by }: Control) => `${at} ${by}`

function keyOf(control: ControlKey): Key {
  switch (control.kind) {
    case 'halt':
      return haltKey
    case 'pause':
      return pauseKey(control.suite)
    case 'abort':
      return abortKey(control.runId)
    default:
      return assertNever(control)
  }
}
