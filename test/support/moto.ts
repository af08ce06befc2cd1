import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The command, when it is on the PATH. */
export const motoCommand = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'moto_server'))
  .find((path) => existsSync(path))

/** AWS, simulated by moto (https://docs.getmoto.org), in a process of its own. */
export interface Moto {
  readonly endpoint: string
  close(): Promise<void>
}

/** Credentials that moto takes. */
export const motoCredentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Starts a server of its own and returns once it answers. */
export async function startMoto(command: string): Promise<Moto> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  await untilAnswering(`${endpoint}/moto-api/`)
  return { endpoint, close: () => ended(server) }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Asks until there is an answer of any kind. */
export async function untilAnswering(url: string): Promise<void> {
  for (;;) {
    const up = await fetch(url).then(
      () => true,
      () => false,
    )
    if (up) return
    await sleep(100)
  }
}

async function ended(server: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await exited
}
