import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FaultSpec } from '../lib/domain/suite.ts'
import { onPath } from '../sandbox/programs.ts'
import { type Calls, callsOfRun, countCalls, totalOf } from '../test/support/calls.ts'
import { memory, partition, podDelete } from '../test/support/suites.ts'
import { openWorld } from '../test/support/world.ts'

/** Twice as many as the most that is hit: no step hits more than half of a workload. */
const replicas = 24
/** Calls of a run that deletes 12 pods beside the deletes themselves, at most. */
const mostBesideDeletes = 45

const runs: readonly (readonly [name: string, fault: FaultSpec, count: number])[] = [
  ['pod-delete of 3', podDelete, 3],
  ['pod-delete of 12', podDelete, 12],
  ['partition of 2 by policy', partition, 2],
  ['memory on 1', memory, 1],
]

interface Asked {
  readonly total: number
  readonly calls: Calls
}

/**
 * Requests of a whole run by kind, on an embedded cluster under a virtual clock, so that they are the same on every machine. Beside them
 * what kubectl asks to delete as many pods, where it is on the PATH; it neither plans nor proves.
 */
export async function calls() {
  const found: Record<string, Asked> = {}
  for (const [name, fault, count] of runs) found[name] = await askedBy(fault, count)
  const kubectl = await askedByKubectl(12)
  const twelve = found['pod-delete of 12']?.total ?? Number.POSITIVE_INFINITY
  return { runs: found, 'kubectl delete of 12': kubectl, ok: twelve <= 12 + mostBesideDeletes }
}

async function askedBy(fault: FaultSpec, count: number): Promise<Asked> {
  const world = await openWorld({ replicas })
  try {
    const asked = await callsOfRun(world, fault, count)
    return { total: totalOf(asked), calls: asked }
  } finally {
    await world.close()
  }
}

async function askedByKubectl(count: number): Promise<Asked | null> {
  const kubectl = onPath('kubectl')
  if (kubectl === undefined) return null
  const world = await openWorld({ replicas })
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  try {
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, world.sandbox.kubeconfig())
    const pods = world.sandbox.peek('pods').filter(({ metadata }) => metadata.labels?.app === 'jadevectordb')
    const [{ metadata } = { metadata: { namespace: '' } }] = pods
    const names = pods.slice(0, count).map((pod) => pod.metadata.name)
    const { calls: asked } = countCalls(world)
    const place = ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'cache'), '-n', metadata.namespace ?? '']
    await promisify(execFile)(kubectl, [...place, 'delete', 'pod', '--wait=false', ...names])
    return { total: totalOf(asked), calls: asked }
  } finally {
    await rm(folder, { recursive: true, force: true })
    await world.close()
  }
}
