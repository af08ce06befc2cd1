import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Actor } from '../lib/domain/actor.ts'
import { hash53 } from '../lib/domain/random.ts'

/**
 * This process's name in leases: `host/machine/pid/start`. `machine` is the boot and the pid namespace, `start` the kernel's start time
 * of the process, so that neither a reused pid nor another container's is taken for it; both are `-` where there is no /proc.
 */
export function ownerName(pid = process.pid): string {
  return [hostname(), machine(), pid, startTime(pid)?.ticks ?? '-'].join('/')
}

/** True only when it is certain that the process of that name has ended: same machine, and no such process there any more. */
export function isDeadOwner(owner: string): boolean {
  const [host, where, pidText, start, ...rest] = owner.split('/')
  const pid = Number(pidText)
  if (rest.length > 0 || host !== hostname() || where !== machine() || !Number.isInteger(pid) || pid <= 0) return false
  const now = startTime(pid)
  if (now === undefined || start === '-') return !answersSignals(pid)
  return now.ended || String(now.ticks) !== start
}

/** Who sits here, as the operating system says: `user@host`. */
export function osActor(): Actor {
  const user = readOr(() => userInfo().username) ?? 'unknown'
  return { kind: 'os', name: `${user}@${hostname()}` }
}

function machine(): string {
  const boot = readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const namespace = readOr(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''))
  return boot === undefined || namespace === undefined ? '-' : hash53(`${boot} ${namespace}`).toString(36)
}

/** Fields 3 and 22 of /proc/PID/stat (man 5 proc); the name in field 2 may hold anything, so it is skipped by its last bracket. */
function startTime(pid: number): { readonly ticks: number; readonly ended: boolean } | undefined {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields?.[19])
  return fields === undefined || Number.isNaN(ticks) ? undefined : { ticks, ended: fields[0] === 'Z' || fields[0] === 'X' }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return Object(error).code !== 'ESRCH'
  }
}

function readOr(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
