import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeadOwner } from '../owner.ts'

/** What `.faultline/sandbox.json` says of the embedded cluster's process. */
export interface SandboxRecord {
  readonly url: string
  readonly serviceUrl: string
  /** Of the process that serves it, as `ownerName` gives it. */
  readonly owner: string
  readonly pid: number
  /** Of its kube-system namespace. */
  readonly clusterUid: string
  /** Started by a command for itself; ends when no command uses it any more. */
  readonly ephemeral: boolean
  readonly startedAt: number
}

/** Files of the embedded cluster in a state directory. */
export function sandboxPaths(stateDir: string) {
  return {
    record: join(stateDir, 'sandbox.json'),
    kubeconfig: join(stateDir, 'sandbox.kubeconfig'),
    log: join(stateDir, 'sandbox.log'),
    users: join(stateDir, 'sandbox-users'),
  }
}

/** The embedded cluster whose process lives, if there is one. */
export async function liveSandbox(stateDir: string): Promise<SandboxRecord | undefined> {
  const record = await readRecord(stateDir)
  return record === undefined || isDeadOwner(record.owner) ? undefined : record
}

/** Publishes a cluster unless a living one is there already; then false. */
export async function publishSandbox(stateDir: string, record: SandboxRecord): Promise<boolean> {
  const { record: path } = sandboxPaths(stateDir)
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  try {
    for (;;) {
      const linked = await link(draft, path).then(() => true, unlessExists)
      if (linked) return true
      if ((await liveSandbox(stateDir)) !== undefined) return false
      await rm(path, { force: true })
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/** Takes the record back; another cluster's is left alone. */
export async function withdrawSandbox(stateDir: string, owner: string): Promise<void> {
  if ((await readRecord(stateDir))?.owner !== owner) return
  const { record, kubeconfig } = sandboxPaths(stateDir)
  await Promise.all([rm(record, { force: true }), rm(kubeconfig, { force: true })])
}

/** Notes that a process uses the embedded cluster, so that another command does not stop it. */
export async function addUser(stateDir: string, owner: string): Promise<void> {
  const { users } = sandboxPaths(stateDir)
  await mkdir(users, { recursive: true })
  await writeFile(join(users, encodeURIComponent(owner)), '')
}

/** Forgets a user. */
export async function removeUser(stateDir: string, owner: string): Promise<void> {
  await rm(join(sandboxPaths(stateDir).users, encodeURIComponent(owner)), { force: true })
}

/** Processes that use the embedded cluster; ones that died without a word are forgotten. */
export async function liveUsers(stateDir: string): Promise<readonly string[]> {
  const files = await readdir(sandboxPaths(stateDir).users).catch((error: unknown) => whenMissing(error, []))
  const owners = files.map(decodeURIComponent)
  for (const dead of owners.filter(isDeadOwner)) await removeUser(stateDir, dead)
  return owners.filter((owner) => !isDeadOwner(owner))
}

async function readRecord(stateDir: string): Promise<SandboxRecord | undefined> {
  const text = await readFile(sandboxPaths(stateDir).record, 'utf8').catch((error: unknown) => whenMissing(error, ''))
  try {
    return text === '' ? undefined : (JSON.parse(text) as SandboxRecord)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function whenMissing<T>(error: unknown, value: T): T {
  if (Object(error).code === 'ENOENT') return value
  throw error
}

function unlessExists(error: unknown): boolean {
  if (Object(error).code === 'EEXIST') return false
  throw error
}
