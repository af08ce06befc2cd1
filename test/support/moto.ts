import { type ChildProcess, spawn } from 'node:child_process'
import { freePort, untilAnswering } from './tools.ts'

/** AWS, simulated by moto (https://docs.getmoto.org), in a process of its own. */
export interface Moto {
  readonly endpoint: string
  close(): Promise<void>
}

/** Credentials that moto takes. */
export const motoCredentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Starts a server of its own and returns once it answers. */
export async function startMoto(): Promise<Moto> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  await untilAnswering(`${endpoint}/moto-api/`)
  return { endpoint, close: () => ended(server) }
}

async function ended(server: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await exited
}
