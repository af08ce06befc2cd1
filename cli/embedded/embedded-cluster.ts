import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Clock } from '../../lib/ports.ts'
import { isDeadOwner, ownerName } from '../owner.ts'
import { packageRoot } from '../package-root.ts'
import { addUser, liveSandbox, liveUsers, removeUser, type SandboxRecord, sandboxPaths } from './sandbox-file.ts'

/** It starts in 1 to 2 s and stops in less; a machine that is busy with tests takes ten times as long. */
const startBudgetMs = 20_000
const stopBudgetMs = 5_000
const pollMs = 50

/** Finds the running embedded cluster or starts one as a process of its own, so that it outlives this one as a real cluster would. */
export async function useEmbeddedCluster(
  stateDir: string,
  { clock, say }: { readonly clock: Clock; readonly say: (line: string) => void },
): Promise<SandboxRecord> {
  await addUser(stateDir, ownerName())
  const running = await liveSandbox(stateDir)
  if (running !== undefined) {
    say(`using the embedded cluster (simulated) that runs at ${running.url}`)
    return running
  }
  say('starting an embedded cluster (simulated)')
  return startOne(stateDir, clock)
}

/**
 * Ends this process's use. An embedded cluster that a command started for itself is stopped when no other process uses it, unless
 * `keep` says that something on it is still owed.
 */
export async function releaseEmbeddedCluster(stateDir: string, options: { readonly clock: Clock; readonly keep: boolean }): Promise<void> {
  await removeUser(stateDir, ownerName())
  const record = await liveSandbox(stateDir)
  if (options.keep || record === undefined || !record.ephemeral || (await liveUsers(stateDir)).length > 0) return
  process.kill(record.pid, 'SIGTERM')
  await until(options.clock, stopBudgetMs, async () => isDeadOwner(record.owner))
}

async function startOne(stateDir: string, clock: Clock): Promise<SandboxRecord> {
  const { log } = sandboxPaths(stateDir)
  const file = await open(log, 'w', 0o600)
  const bin = join(packageRoot(), 'bin', 'faultline.js')
  const child = spawn(process.execPath, [bin, 'sandbox', '--ephemeral', '--state', stateDir], {
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
  })
  let ended = false
  child.once('error', () => {
    ended = true
  })
  child.once('exit', () => {
    ended = true
  })
  child.unref()
  await file.close()
  let found: SandboxRecord | undefined
  await until(clock, startBudgetMs, async () => {
    const wasOver = ended
    found = await liveSandbox(stateDir)
    return found !== undefined || wasOver
  })
  if (found !== undefined) return found
  const said = (await readFile(log, 'utf8')).trim()
  throw new FaultlineError('unavailable', `the embedded cluster did not start${said === '' ? '' : `: ${said}`} (log: ${log})`)
}

async function until(clock: Clock, budgetMs: number, done: () => Promise<boolean>): Promise<void> {
  const giveUpAt = clock.now() + budgetMs
  while (!(await done()) && clock.now() < giveUpAt) await clock.sleep(pollMs)
}
