import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** AWS's services by moto, on this machine. */
export interface Moto {
  readonly endpoint: string
  close(): Promise<void>
}

/** Starts moto_server (it must be on the PATH) on a free port. */
export async function startMoto(): Promise<Moto> {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', new URL(endpoint).port], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  while (
    !(await fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => false,
    ))
  )
    await sleep(100)
  return {
    endpoint,
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
