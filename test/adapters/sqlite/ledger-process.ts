import { createInterface } from 'node:readline'
import { openDatabaseIn } from '../../../lib/adapters/sqlite/database.ts'
import { openSqliteStore } from '../../../lib/adapters/sqlite/store.ts'
import { systemClock } from '../../../lib/adapters/system-clock.ts'
import { plannedInjection } from '../../contracts/records.ts'

// Run by processes.test.ts in a process of its own: opens the ledger, then obeys lines on stdin and answers with JSON lines on stdout.
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const directory = String(process.argv[2])
const store = await openSqliteStore({ directory, clock: systemClock })
say({ open: true })

async function write(runId: string): Promise<void> {
  for (let n = 0; ; n++) {
    await store.ledger.add(plannedInjection(runId, 0, n))
    say({ acknowledged: n })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Stands still in the middle of a transaction, as a process does that is stopped at the worst moment. */
async function stopInside(): Promise<void> {
  const database = await openDatabaseIn(directory)
  await database.write('stand still', (db) => {
    db.exec("UPDATE items SET ttl = NULL WHERE pk = 'none'")
    say({ inside: true })
    process.kill(process.pid, 'SIGSTOP')
  })
  say({ outside: true })
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument = ''] = line.split(' ')
  if (command === 'write') void write(argument)
  if (command === 'stop-inside') void stopInside()
}
