import { spawn } from 'node:child_process'
import { freePort, untilAnswering } from '../programs.ts'

/** AWS, simulated by moto (https://docs.getmoto.org), in a process of its own. */
export interface Moto {
  readonly url: string
  close(): Promise<void>
}

/** It takes any. */
export const motoCredentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Starts a server of its own on a free port and resolves when it answers. */
export async function startMoto(command = 'moto_server'): Promise<Moto> {
  const port = await freePort()
  const child = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  await untilAnswering(`${url}/moto-api/`, () => (child.exitCode === null ? undefined : `${command} ended with code ${child.exitCode}`))
  return {
    url,
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
