import { describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import type { Evidence } from '../../../lib/domain/injection.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import { runLabel } from '../../../lib/domain/labels.ts'
import type { FaultContext } from '../../../lib/faults/fault.ts'
import { resourceExhaustion } from '../../../lib/faults/resource-exhaustion.ts'
import type { AwaitList } from '../../../lib/ports.ts'
import { injectionOf } from '../../support/fault-context.ts'
import { injectorUndoOf } from '../../support/undo-data.ts'

const fault = resourceExhaustion('memory')
const undo = injectorUndoOf()
const injection = injectionOf('memory-exhaustion', {
  targets: [{ kind: 'Pod', namespace: 'ns', name: 'db-0', uid: 'uid-0', node: 'n1', container: { name: 'main', id: 'c1' } }],
  undo,
})
const now = 100_000

function podOf(job: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${job}-x`, namespace: 'injectors', uid: `uid of ${job}`, labels: { 'job-name': job, [runLabel]: injection.runId } },
    spec: { containers: [] },
    status: { containerStatuses: [{ name: 'injector', ready: true, restartCount: 0, containerID: 'x', state: { running: {} } }] },
  }
}

const lineOf = (phase: string, value: number) =>
  JSON.stringify({ at: 1_000, target: 'uid-0', phase, ok: true, name: 'memory held', unit: 'MiB', value, code: '', also: [], message: '' })

/** What is asked of a cluster on which the injector's pod runs, and follows its pods where `isFollowed`. */
function contextOf({ isFollowed = false } = {}) {
  const asked: string[] = []
  let isThere = true
  const pods = () => (isThere ? [podOf(injectorUndo.job), podOf('another')] : [])
  const awaitList: AwaitList = async (_, options, look) => {
    if (options.labelSelector !== `${runLabel}=${injection.runId}`) throw new Error(`not one list for all: ${options.labelSelector}`)
    return look(pods() as never) ? 'there' : 'over'
  }
  const context = {
    clock: { now: () => now, sleep: async () => {} },
    config: defaultConfig,
    runId: injection.runId,
    cluster: {
      objects: {
        list: async () => {
          asked.push('LIST')
          return pods().slice(0, 1)
        },
        delete: async ({ kind, name }: { kind: string; name: string }) => {
          asked.push(`DELETE ${kind} ${name}`)
          if (kind === 'Pod') isThere = false
          return 'removed'
        },
        create: async () => ({ metadata: {} }),
      },
      pods: {
        log: async ({ sinceSeconds }: { sinceSeconds?: number }) => {
          asked.push(sinceSeconds === undefined ? 'log' : 'end of log')
          return `${sinceSeconds === undefined ? `${lineOf('before', 3)}\n` : ''}${lineOf('bite', 92)}\n`
        },
      },
      ...(isFollowed ? { awaitList } : {}),
    },
    ...(isFollowed ? { keep: new AbortController().signal } : {}),
  } as unknown as FaultContext
  return { context, asked }
}

const injectorUndo = undo as typeof undo & { readonly job: string }

describe('a look at an injector', () => {
  it('right after its pods showed that it is worth one reads its log alone; the next one lists them', async () => {
    const { context, asked } = contextOf()
    const shows = fault.biteShows?.(injection)
    expect([podOf(injectorUndo.job), podOf('another')].map((pod) => shows?.isOf?.(pod))).toEqual([true, false])
    expect(shows?.isThere([podOf(injectorUndo.job)])).toBe(true)
    expect(await fault.evidence(context, injection, 'during')).toMatchObject({ finding: 'yes' })
    expect(asked).toEqual(['log'])
    expect(await fault.evidence(context, injection, 'during')).toMatchObject({ finding: 'yes' })
    expect(asked).toEqual(['log', 'LIST', 'log'])
  })

  it.each([
    ['a moment ago reads the end of its log', now - 3_000, ['LIST', 'end of log']],
    ['long ago reads all of it, and its end', now - 60_000, ['LIST', 'log', 'end of log']],
  ])('before its planned end that was seen to bite %s', async (_, at, calls) => {
    const { context, asked } = contextOf()
    const before = { target: 'db-0', name: 'before memory held', value: 3, unit: 'MiB' }
    const bite: Evidence = { phase: 'during', at, finding: 'yes', summary: '', measurements: [before, { ...before, name: 'memory held' }] }
    const end = await fault.evidence(context, { ...injection, evidence: [bite] }, 'end')
    expect(end.finding).toBe('yes')
    expect(end.measurements.map(({ name, value }) => [name, Number(value)])).toEqual([
      [before.name, 3],
      ['memory held', 92],
    ])
    expect(asked).toEqual(calls)
  })

  it.each([
    ['followed', true, ['DELETE Job', 'DELETE Pod', 'end of log']],
    ['not followed', false, ['DELETE Job', 'LIST', 'DELETE Pod', 'LIST']],
  ])('as it is reverted lists no pods where they are %s', async (_, isFollowed, calls) => {
    const { context, asked } = contextOf({ isFollowed })
    const bite: Evidence = { phase: 'during', at: 0, finding: 'yes', summary: '', measurements: [] }
    const said = isFollowed ? await fault.endSaid?.(context, { ...injection, evidence: [bite] }) : []
    const ofLook = asked.splice(0)
    await fault.revert(context, { ...injection, evidence: [bite] })
    expect(said).toEqual([])
    expect([...asked, ...ofLook].map((call) => call.replace(/^(DELETE \w+).*/, '$1'))).toEqual(calls)
  })
})
