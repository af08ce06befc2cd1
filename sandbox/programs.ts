import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a program is on the PATH; undefined when it is not. */
export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file))
}

/** A port of 127.0.0.1 that no process listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Asks until there is an answer that is no error; throws what `stopped` says as soon as it says something. */
export async function untilAnswering(url: string, stopped: () => string | undefined = () => undefined): Promise<void> {
  for (;;) {
    const up = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) return
    const why = stopped()
    if (why !== undefined) throw new Error(why)
    await sleep(100)
  }
}
