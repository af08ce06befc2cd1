import { describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { FaultContext } from '../../../lib/faults/fault.ts'
import { checkForResidue } from '../../../lib/faults/injector/check.ts'
import type { InjectorOrder } from '../../../lib/faults/injector/job.ts'
import { injectionOf } from '../../support/fault-context.ts'
import { injectorUndoOf } from '../../support/undo-data.ts'

const target = { kind: 'Pod', namespace: 'ns', name: 'db-0', uid: 'uid-0', node: 'n1' } as const
const source = { ...defaultConfig.injector, image: 'i:1', namespace: 'injectors' }
const injection = injectionOf('memory-exhaustion', { targets: [target], undo: injectorUndoOf({ source, job: 'inj-n0' }) })
const order: InjectorOrder = {
  runId: 'run',
  step: 0,
  name: 'inj-n0',
  node: 'n1',
  source,
  action: 'check',
  targets: [target],
  peers: {},
  endsAt: 0,
  bootId: '',
  givenAt: 0,
  env: {},
}
const clean = JSON.stringify({ at: 1, target: 'uid-0', phase: 'residue', ok: true, name: '', unit: '', value: '', message: '' })

const look = { on: order, isNodeGone: async () => false }

/** A node on which the check's pod starts after so long; `phase` is what it is in until then. */
function nodeThatTakes(startMs: number, phase: 'Pending' | 'Failed', status: object = {}) {
  const made: number[] = []
  const deleted: number[] = []
  let now = 0
  const exists = () => made.length > deleted.length
  const started = () => exists() && now >= (made.at(-1) ?? 0) + startMs
  const job = { metadata: { name: 'inj-c0', namespace: 'injectors' }, spec: {} }
  const context = {
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms
      },
    },
    config: defaultConfig,
    cluster: {
      objects: {
        create: async () => {
          if (exists()) throw new KubernetesError('already_exists', 409, 'there is one')
          made.push(now)
          return job
        },
        get: async () => job,
        list: async () => (exists() ? [{ metadata: { name: 'p' }, status: started() ? { phase: 'Running' } : { phase, ...status } }] : []),
        delete: async () => deleted.push(now),
      },
      pods: { log: async () => (started() ? clean : '') },
    },
  } as unknown as FaultContext
  return { context, made, deleted }
}

it('meets the same check again on a node that takes its time to start a pod, so that an answer comes at all', async () => {
  const { context, made, deleted } = nodeThatTakes(35_000, 'Pending')
  expect(await checkForResidue(context, injection, look)).toMatchObject({ finding: 'unknown' })
  expect(deleted).toEqual([])
  expect(await checkForResidue(context, injection, look)).toMatchObject({ finding: 'yes', summary: 'no residue on db-0' })
  expect(made).toEqual([0])
  expect(deleted).toEqual([35_000])
})

it('asks whether the node is gone only while the pod does not run on it, and ends where it is', async () => {
  const asked: number[] = []
  const there = nodeThatTakes(0, 'Pending')
  const gone = nodeThatTakes(35_000, 'Pending')
  const on = ({ context }: typeof gone, isGone: boolean) =>
    checkForResidue(context, injection, {
      on: order,
      isNodeGone: async () => {
        asked.push(context.clock.now())
        return isGone
      },
    })
  expect(await on(there, false)).toMatchObject({ finding: 'yes', summary: 'no residue on db-0' })
  expect(asked).toEqual([])
  expect(await on(gone, true)).toMatchObject({ finding: 'yes', summary: 'the node is gone, and all that was on it' })
  expect(asked).toHaveLength(1)
  expect(gone.deleted).toEqual(asked)
})

it('takes a check away that ended without an answer, for the next one to be made', async () => {
  const { context, deleted } = nodeThatTakes(35_000, 'Failed')
  expect(await checkForResidue(context, injection, look)).toMatchObject({ finding: 'unknown' })
  expect(deleted).toEqual([20_000])
})

it.each([
  [
    'Pending',
    { containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] },
    'the check said nothing about db-0 (ContainerCreating)',
  ],
  [
    'Failed',
    { reason: 'Evicted', message: 'Pod was rejected: the node had condition: [DiskPressure]' },
    'whether anything is left could not be told: the check does not start (Evicted: Pod was rejected: the node had condition: [DiskPressure])',
  ],
] as const)('quotes what keeps its pod from answering (%s)', async (phase, status, summary) => {
  const { context } = nodeThatTakes(35_000, phase, status)
  expect(await checkForResidue(context, injection, look)).toMatchObject({ finding: 'unknown', summary })
})

describe('a check on a node that was booted anew', () => {
  const forgetful = JSON.stringify({ ...JSON.parse(clean), code: 'other_boot' })
  const fill = injectorUndoOf({ source, job: 'inj-n0', action: 'fill-disk' })
  const disk = { ...injection, undo: fill }
  const seen = { phase: 'during', at: 0, finding: 'yes', summary: '', measurements: [] } as const

  /** Answers at once; whether the target's pod is still there is told. */
  async function check(of: typeof injection, isPodThere = true) {
    const context = {
      clock: { now: () => 0, sleep: async () => undefined },
      config: defaultConfig,
      cluster: {
        objects: {
          create: async () => ({ metadata: { name: 'inj-c0', namespace: 'injectors' }, spec: {} }),
          get: async () => (isPodThere ? { metadata: { name: 'db-0', uid: 'uid-0' } } : undefined),
          list: async () => [{ metadata: { name: 'p' }, status: { phase: 'Running' } }],
          delete: async () => 'deleted',
        },
        pods: { log: async () => forgetful },
      },
    } as unknown as FaultContext
    const { finding, summary } = await checkForResidue(context, of, look)
    return [finding, summary]
  }

  it('does not prove that no file of ours was just being made there: where its name lay is forgotten', async () => {
    expect(await check(disk)).toEqual([
      'unknown',
      'whether an empty file is left on db-0 could not be told: node n1 was booted anew, and forgot where one was being made; nothing was found in all known places (deleting the pod takes its disk along)',
    ])
  })

  it.each([
    ['what lived in memory went with the boot', injection, true],
    ['so did a file that had been seen without a name', { ...disk, evidence: [seen] }, true],
    ['a pod that is gone took its disk along', disk, false],
    ['an order that was dead made no file', { ...disk, undo: { ...fill, neverStarted: 'only cleaned' } }, true],
  ])('proves it otherwise: %s', async (_, of, isPodThere) => {
    expect(await check(of, isPodThere)).toEqual(['yes', 'no residue on db-0 (the node was booted anew meanwhile)'])
  })
})
