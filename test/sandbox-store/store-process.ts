import { createInterface } from 'node:readline'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import { openLocalStore } from '../../sandbox/local-store.ts'
import { plannedInjection } from '../contracts/records.ts'

// Run by local-store.test.ts in a process of its own: opens the store, then obeys lines on stdin and answers with JSON lines on stdout.
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const store = await openLocalStore({ directory: String(process.argv[2]), clock: systemClock })
say({ open: true, serving: store.serving() })

async function write(runId: string): Promise<void> {
  for (let n = 0; ; n++) {
    await store.ledger.add(plannedInjection(runId, 0, n))
    say({ acknowledged: n, serving: store.serving() })
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument = ''] = line.split(' ')
  if (command === 'write') void write(argument)
  if (command === 'close') await store.close()
  if (command === 'close') break
}
process.stdin.destroy()
