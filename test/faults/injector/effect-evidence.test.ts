import { describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import type { FaultContext } from '../../../lib/faults/fault.ts'
import { biteOf } from '../../../lib/faults/injector/effect-evidence.ts'
import { injectorFault } from '../../../lib/faults/injector/injector-fault.ts'
import type { InjectorLine } from '../../../lib/faults/injector/protocol.ts'
import { injectionOf } from '../../support/fault-context.ts'
import { injectorUndoOf } from '../../support/undo-data.ts'

const injection = injectionOf('memory-exhaustion', {
  targets: [{ kind: 'Pod', namespace: 'ns', name: 'db-0', uid: 'uid-0', node: 'n1', container: { name: 'main', id: 'c1' } }],
  undo: injectorUndoOf(),
  armed: { namespace: 'injectors', name: 'fuse', uid: 'fuse-uid', burnsAt: 90_000 },
})

const line = (change: Partial<InjectorLine>): InjectorLine => ({
  at: 1_000,
  target: 'uid-0',
  phase: 'bite',
  ok: true,
  name: 'memory held',
  unit: 'MiB',
  value: 92,
  code: null,
  also: [],
  message: '',
  ...change,
})

type Running = Readonly<{ name: string; lines: readonly InjectorLine[]; exitCode?: number; words?: string; evicted?: string }>

function podOf({ name, exitCode, evicted }: Running, n: number): Pod {
  const state = exitCode === undefined ? { running: {} } : { terminated: { exitCode, reason: 'Error' } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'injectors', creationTimestamp: `2026-01-01T00:00:0${n}Z` },
    spec: { containers: [] },
    status: {
      ...(evicted === undefined ? {} : { reason: 'Evicted', message: evicted }),
      phase: 'Running',
      containerStatuses: [{ name: 'injector', ready: true, restartCount: 0, containerID: 'x', state }],
    },
  }
}

/** An injector's Job whose pods say these lines; Jobs that are deleted take their pods along. */
function saying(...pods: readonly Running[]) {
  return sayingOf('Running', ...pods)
}

function sayingOf(phase: string, ...pods: readonly Running[]) {
  const made: string[] = []
  const deleted: string[] = []
  const envOf = (job: unknown): readonly { name: string; value: string }[] => Object(job).spec.template.spec.containers[0].env
  const context = {
    clock: { now: () => 20_000, sleep: async () => {} },
    config: defaultConfig,
    cluster: {
      objects: {
        list: async () => (deleted.length > 0 ? [] : pods.map(podOf)),
        get: async ({ kind, name }: { kind: string; name: string }) =>
          kind === 'Pod' ? { metadata: { name, uid: 'uid-0' }, status: { phase } } : undefined,
        delete: async ({ name }: { name: string }) => deleted.push(name),
        create: async (job: unknown) => made.push(envOf(job).find(({ name }) => name === 'FAULTLINE_APPLY_BY')?.value ?? ''),
      },
      pods: {
        log: async ({ name }: { name: string }) => {
          const pod = pods.find((p) => p.name === name)
          return `${(pod?.lines ?? []).map((l) => `${JSON.stringify(l)}\n`).join('')}${pod?.words ?? ''}`
        },
      },
    },
  } as unknown as FaultContext
  return { context, made, deleted }
}

describe('the evidence of an injector', () => {
  it('tells its own share, of how much, in which container; what else was seen stands beside it', async () => {
    const also = [
      { name: 'memory used', unit: 'MiB', value: 130 },
      { name: 'memory asked', unit: 'MiB', value: 100 },
    ]
    const lines = [line({ phase: 'before', value: 0 }), line({ also })]
    const { evidence } = await biteOf(saying({ name: 'a', lines }).context, injection, 'during')
    expect(evidence).toMatchObject({ finding: 'yes', summary: 'db-0 (container main): memory held 92 MiB of 100 asked for' })
    expect(evidence.measurements.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'before memory held 0',
      'memory held 92',
      'memory used 130',
      'memory asked 100',
    ])
  })

  it('is no bite where less was had than asked for, in the words of the injector', async () => {
    const lines = [line({ ok: false, code: 'partial', message: 'no full bite (less than 90 %): a file of 62 MiB' })]
    const { evidence } = await biteOf(saying({ name: 'a', lines }).context, injection, 'during')
    expect(evidence).toMatchObject({
      finding: 'no',
      summary: 'db-0: no full bite (less than 90 %): a file of 62 MiB',
      events: [{ at: 1_000, target: 'db-0', code: 'partial' }],
    })
  })

  it('keeps what became of the target, with its code and time, each once', async () => {
    const lines = [
      line({}),
      line({ at: 7_000, phase: 'measure', ok: false, code: 'stressor_oom_killed', message: 'OOMKilled: the stressor died' }),
      line({ at: 9_000, phase: 'measure', ok: false, code: 'stressor_oom_killed', message: 'OOMKilled: the stressor died' }),
    ]
    const { evidence } = await biteOf(saying({ name: 'a', lines }).context, injection, 'end')
    expect(evidence).toMatchObject({ finding: 'no', summary: 'db-0: OOMKilled: the stressor died' })
    expect(evidence.events).toEqual([{ at: 7_000, target: 'db-0', code: 'stressor_oom_killed', message: 'OOMKilled: the stressor died' }])
  })

  it('is over with the pod that applied, whatever its replacement does', async () => {
    const first = { name: 'a', lines: [line({})], exitCode: 137 }
    const second = { name: 'b', lines: [line({ phase: 'undone', code: 'replacement', message: 'a replacement only cleans' })] }
    const { evidence } = await biteOf(saying(first, second).context, injection, 'end')
    expect(evidence).toMatchObject({ finding: 'no', summary: 'the injector is over: its container ended (exit code 137, Error)' })
  })

  it('tells what the injector said before it died, and what became of its pod', async () => {
    const first = {
      name: 'a',
      lines: [line({})],
      exitCode: 137,
      words: 'sh: fork: Cannot allocate memory\n',
      evicted: 'The node was low on memory',
    }
    const { evidence } = await biteOf(saying(first).context, injection, 'end')
    expect(evidence.summary).toBe(
      'the injector is over: its container ended (exit code 137, Error; its pod: Evicted: The node was low on memory; it said: sh: fork: Cannot allocate memory)',
    )
  })

  it('names the boot of the node where its replacement found another one', async () => {
    const first = { name: 'a', lines: [line({})], exitCode: 255 }
    const second = {
      name: 'b',
      lines: [line({ phase: 'undone', code: 'other_boot', message: 'the node was booted anew since the plan: only cleaned' })],
    }
    const { evidence } = await biteOf(saying(first, second).context, injection, 'end')
    expect(evidence).toMatchObject({
      finding: 'no',
      summary: 'the injector is over: the node was booted anew since the plan: only cleaned',
      events: [{ code: 'other_boot', target: 'db-0' }],
    })
  })
})

describe('an order that came too late', () => {
  const late = line({
    at: 20_400,
    phase: 'undone',
    code: 'too_late',
    value: '',
    message: 'the order had to be carried out 3 s ago: only cleaned',
  })
  const fault = injectorFault({ action: () => 'stress-memory', container: () => null, env: () => ({}) })

  it('applied nothing, and is given anew by the driver that still wants it', async () => {
    const { context, made, deleted } = saying({ name: 'a', lines: [late] })
    expect(await fault.evidence(context, injection, 'during')).toMatchObject({
      finding: 'unknown',
      summary: expect.stringMatching(/^nothing applied yet: the order had/),
    })
    expect(deleted).toEqual(['faultline-run-0-n0'])
    expect(made).toEqual(['29'])
  })

  it('is given anew by the clock of a node that is far behind or ahead', async () => {
    const { context, made } = saying({ name: 'a', lines: [{ ...late, at: 80_000 }] })
    await fault.evidence(context, injection, 'during')
    expect(made).toEqual(['89'])
  })

  it('is never given again once the fault was in place: that one is over', async () => {
    const { context, made } = saying({ name: 'a', lines: [line({})] }, { name: 'b', lines: [late] })
    expect(await fault.evidence(context, injection, 'during')).toMatchObject({ finding: 'no' })
    expect(await fault.evidence(context, injection, 'end')).toMatchObject({ finding: 'no' })
    expect(made).toEqual([])
  })
})

describe('a container that was killed', () => {
  const fault = injectorFault({ action: () => 'kill', container: () => null, env: () => ({}) })
  const killed = { ...injection, undo: injectorUndoOf({ action: 'kill' }) }
  const lines = [line({ name: 'kills', unit: 'count', value: 1 })]

  it('bites where its pod lives on', async () => {
    const { context } = sayingOf('Running', { name: 'a', lines })
    expect(await fault.evidence(context, killed, 'during')).toMatchObject({ finding: 'yes' })
  })

  it('is no bite where its pod is over with it, and never started again', async () => {
    const { context } = sayingOf('Succeeded', { name: 'a', lines })
    expect(await fault.evidence(context, killed, 'during')).toMatchObject({
      finding: 'no',
      summary: 'the container of db-0 ended, and is not started again: its pod is over',
    })
  })
})

describe('an injector that cannot do it', () => {
  const failing = (code: InjectorLine['code']) =>
    saying({ name: 'a', lines: [line({ phase: 'error', ok: false, code, message: 'no qdisc' })] }).context

  it('fails the injection, and says by a code when no other try on this node would do', async () => {
    await expect(biteOf(failing(null), injection, 'during')).rejects.toMatchObject({ code: 'injector_failed' })
    await expect(biteOf(failing('kernel_lacks'), injection, 'during')).rejects.toMatchObject({
      code: 'not_possible_here',
      message: 'the injector failed on db-0: no qdisc',
    })
  })
})
