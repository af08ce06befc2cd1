import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A running moto_server. */
export interface Moto {
  readonly url: string
  close(): Promise<void>
}

/** Where `moto_server` (https://docs.getmoto.org) is, undefined when it is not on the PATH. */
export function findMoto(path = process.env.PATH ?? ''): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, 'moto_server'))
    .find((file) => existsSync(file))
}

/** Starts moto_server on a free port and resolves when it answers. */
export async function startMoto(command: string): Promise<Moto> {
  const port = await freePort()
  const child = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  while (!(await answers(`${url}/moto-api/`))) {
    if (child.exitCode !== null) throw new Error(`${command} ended with code ${child.exitCode}`)
    await sleep(100)
  }
  return {
    url,
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
