import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isDeadOwner, ownerName } from '../../cli/owner.ts'
import { itWith } from '../support/tools.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function sleeper(): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
  const child = spawn('sleep', ['60'])
  children.push(child)
  await once(child, 'spawn')
  return { child, pid: child.pid ?? 0 }
}

const onLinux = itWith(['linux'], 'processes told apart by their start')

describe('the name of a driver', () => {
  it('is alive while its process lives, also when that is stopped', async () => {
    const { child, pid } = await sleeper()
    expect(isDeadOwner(ownerName())).toBe(false)
    expect(isDeadOwner(ownerName(pid))).toBe(false)
    child.kill('SIGSTOP')
    expect(isDeadOwner(ownerName(pid))).toBe(false)
  })

  it('is dead once its process was killed', async () => {
    const { child, pid } = await sleeper()
    const owner = ownerName(pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isDeadOwner(owner)).toBe(true)
  })

  onLinux('is dead when another process has its pid now', () => {
    const [host, machine, pid, start] = ownerName().split('/')
    expect(isDeadOwner([host, machine, pid, Number(start) - 1].join('/'))).toBe(true)
  })

  it.each([
    ['of another host', 'elsewhere/m/999999/1'],
    [
      'of an earlier boot or another container',
      ownerName()
        .replace(/\/[^/]+\//, '/other/')
        .replace(/\d+\/\d+$/, '999999/1'),
    ],
    ['that is no process', 'lambda:abc'],
    ['with too many parts', `${ownerName()}/1`],
    ['with a pid that would mean a group', ownerName().replace(/\/\d+\/(\d+|-)$/, '/0/$1')],
  ])('%s is never called dead: this machine cannot know', (_, owner) => {
    expect(isDeadOwner(owner)).toBe(false)
  })
})
