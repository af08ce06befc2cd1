import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect } from '@jest/globals'
import { faultlineBin } from '../support/command.ts'
import { itWith, unprivileged } from '../support/tools.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place

beforeEach(async () => {
  place = await openPlace()
})

afterEach(async () => {
  await chmod(place.state, 0o700)
  await place.close()
})

/** Root may write anywhere: the command is called as a user of no rights then. */
async function call(...args: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' }
  const child = spawn(process.execPath, [faultlineBin, ...args, '--state', place.state], { ...unprivileged, env })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, out, err }
}

itWith(['linux', 'open checkout'], 'users of no rights')(
  'a state directory that may only be read is listed and shown, and refuses a run before anything is done',
  async () => {
    const suite = await place.file('suite.json', partitionSuite(1))
    const { code } = await place.faultline('run', suite, '--kubeconfig', place.kubeconfig)
    expect(code).toBe(0)
    for (const folder of [place.directory, place.state]) await chmod(folder, 0o555)
    for (const name of await readdir(place.state)) if (name.startsWith('ledger')) await chmod(join(place.state, name), 0o444)
    for (const name of ['suite.json', 'kubeconfig']) await chmod(join(place.directory, name), 0o444)
    const before = place.footprint()

    const listed = await call('runs', '--json')
    expect(listed).toMatchObject({ code: 0, err: '' })
    const { runs } = JSON.parse(listed.out) as { readonly runs: readonly { readonly run: string; readonly state: string }[] }
    expect(runs).toMatchObject([{ state: 'succeeded' }])
    expect(await call('show', runs[0]?.run ?? '')).toMatchObject({ code: 0, out: expect.stringContaining('nothing of the run is left') })

    const refused = await call('run', join(place.directory, 'suite.json'), '--kubeconfig', place.kubeconfig)
    expect(refused.code).not.toBe(0)
    expect(refused.err).toMatch(/ledger\.sqlite cannot be written .*readonly.*check who owns it/)
    expect(place.footprint()).toEqual(before)
    await chmod(place.directory, 0o700)
  },
  60_000,
)
