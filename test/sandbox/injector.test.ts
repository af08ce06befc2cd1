import { afterEach, describe, expect, it } from '@jest/globals'
import type { Pod } from '../../sandbox/wire.ts'
import { closeAll, type Lab, startReadyLab } from './support.ts'

afterEach(closeAll)
const home = 'faultline-injectors'
const jobs = `/apis/batch/v1/namespaces/${home}/jobs`

interface Line {
  readonly phase: string
  readonly ok: boolean
  readonly name?: string
  readonly unit?: string
  readonly value?: number
  readonly message: string
}

const podsIn = ({ sandbox }: Lab, namespace: string): Pod[] =>
  sandbox.objects().filter((one) => one.kind === 'Pod' && one.metadata.namespace === namespace) as Pod[]

function victim(lab: Lab): Pod {
  const pod = podsIn(lab, 'jadevectordb-system').find((one) => one.spec.nodeName === 'sandbox-node-1')
  if (pod === undefined) throw new Error('there is no pod on sandbox-node-1')
  return pod
}

function targetLine(pod: Pod): string {
  const id = pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '')
  return `${pod.metadata.uid} ${id} jadevectordb-system/${pod.metadata.name}/jadevectordb`
}

async function inject(lab: Lab, action: string, env: Record<string, string> = {}, name = 'injector'): Promise<void> {
  const all = {
    FAULTLINE_ACTION: action,
    FAULTLINE_TARGETS: targetLine(victim(lab)),
    FAULTLINE_TAG: 'run-1',
    FAULTLINE_ENDS_AT: String(lab.clock.now() / 1000 + 60),
    FAULTLINE_APPLY_BY: String(lab.clock.now() / 1000 + 60),
    ...env,
  }
  const container = {
    name: 'injector',
    image: 'faultline.dev/sandbox/injector:1',
    securityContext: { privileged: true },
    env: Object.entries(all).map(([key, value]) => ({ name: key, value })),
  }
  const spec = {
    restartPolicy: 'Never',
    hostPID: true,
    nodeName: 'sandbox-node-1',
    tolerations: [{ operator: 'Exists' }],
    containers: [container],
  }
  const made = await lab.call('POST', jobs, { metadata: { name }, spec: { backoffLimit: 3, template: { spec } } })
  expect(made.status).toBe(201)
}

async function lines(lab: Lab, pod = podsIn(lab, home).at(-1)): Promise<Line[]> {
  const { body } = await lab.call('GET', `/api/v1/namespaces/${home}/pods/${pod?.metadata.name}/log`)
  if (typeof body === 'object') return [body as Line]
  return String(body)
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const ready = (pod: Pod | undefined): boolean => pod?.status.conditions?.find((one) => one.type === 'Ready')?.status === 'True'
const phases = (all: readonly Line[]): string[] => all.map((line) => line.phase)

describe('the injector', () => {
  it.each([
    ['stress-memory', 100, 'memory', 'MiB', 20, 120],
    ['stress-cpu', 0.5, 'cpu', 'cores', 0.05, 0.55],
    ['fill-disk', 500, 'disk', 'MiB', 12, 512],
    ['limit-network', 2000, 'network', 'kbit/s', 1_000_000, 2000],
    ['degrade-network', 80, 'latency', 'ms', 0, 80],
    ['fail-dns', 40, 'queries failed', '%', 0, 40],
    ['fault-http', 40, 'requests failed', '%', 0, 40],
    ['cut-network', 1, 'reachable', 'peers', 1, 0],
    ['freeze', 0, 'standing still', 'processes', 0, 1],
  ])('applies %s, measures the bite and becomes Ready', async (action, amount, name, unit, before, during) => {
    const lab = await startReadyLab()
    await inject(lab, action, { FAULTLINE_AMOUNT: String(amount), FAULTLINE_DELAY_MS: String(amount), FAULTLINE_SHARE_PCT: String(amount) })
    await lab.clock.advance(1500)
    expect(await lines(lab)).toMatchObject([
      { phase: 'before', ok: true, name, unit, value: before },
      { phase: 'bite', ok: true, name, unit, value: during },
    ])
    expect(ready(podsIn(lab, home)[0])).toBe(true)
    await lab.clock.advance(2000)
    expect((await lines(lab)).at(-1)).toMatchObject({ phase: 'measure', ok: true, value: during })
  })

  it('undoes on the deletion of its Job and tells followers what it measured then', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'stress-memory', { FAULTLINE_AMOUNT: '100' })
    await lab.clock.advance(1500)
    const [pod] = podsIn(lab, home)
    const followed = lab.call('GET', `/api/v1/namespaces/${home}/pods/${pod?.metadata.name}/log?follow=true`)
    await lab.call('DELETE', `${jobs}/injector`, { propagationPolicy: 'Background' })
    await lab.clock.advance(1000)
    const last = JSON.parse(
      String((await followed).body)
        .trim()
        .split('\n')
        .at(-1) ?? '{}',
    )
    expect(last).toMatchObject({ phase: 'undone', ok: true, name: 'memory', value: 20 })
    expect(lab.sandbox.effects()).toEqual([])
    expect(podsIn(lab, home)).toEqual([])
  })

  it('undoes by itself at its end', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'fill-disk', { FAULTLINE_AMOUNT: '100', FAULTLINE_ENDS_AT: String(lab.clock.now() / 1000 + 10) })
    await lab.clock.advance(9000)
    expect(lab.sandbox.effects()).toHaveLength(1)
    await lab.clock.advance(2000)
    expect(lab.sandbox.effects()).toEqual([])
    expect((await lines(lab)).at(-1)).toMatchObject({ phase: 'undone', ok: true, value: 12 })
  })

  it('kills the main process once', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'kill', { FAULTLINE_SIGNAL: 'TERM' })
    await lab.clock.advance(3000)
    expect(victim(lab).status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      ready: true,
      lastState: { terminated: { exitCode: 143, signal: 15 } },
    })
    expect(await lines(lab)).toContainEqual(expect.objectContaining({ phase: 'bite', ok: true, name: 'restarts', value: 1 }))
  })

  it('keeps a container in a crash loop until it ends, and not longer', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'crashloop', { FAULTLINE_SIGNAL: 'KILL' })
    await lab.clock.advance(3000)
    const status = victim(lab).status.containerStatuses?.[0]
    expect(status?.state.waiting?.reason).toBe('CrashLoopBackOff')
    expect(status?.lastState.terminated?.exitCode).toBe(137)
    await lab.call('DELETE', `${jobs}/injector`, { propagationPolicy: 'Background' })
    await lab.clock.advance(30_000)
    expect(ready(victim(lab))).toBe(true)
  })

  it('reports a crash loop whose injector is still at work as residue', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'crashloop')
    await lab.clock.advance(1500)
    await inject(lab, 'check', {}, 'check')
    await lab.clock.advance(1500)
    const checker = podsIn(lab, home).find((pod) => pod.metadata.name.startsWith('check'))
    expect(await lines(lab, checker)).toMatchObject([
      { phase: 'residue', ok: true, name: 'restarts', message: 'was left behind and is removed now: loop' },
    ])
  })

  it('says so when memory past the limit kills the target, or the target is not on its node', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'stress-memory', { FAULTLINE_AMOUNT: '600' })
    await lab.clock.advance(3000)
    expect(victim(lab).status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 })
    expect(phases(await lines(lab))).toEqual(['before', 'error'])
    await inject(
      lab,
      'stress-memory',
      { FAULTLINE_TARGETS: '0000 ffff jadevectordb-system/absent/jadevectordb', FAULTLINE_TAG: 'run-2' },
      'second',
    )
    await lab.clock.advance(1500)
    expect(await lines(lab)).toMatchObject([{ phase: 'error', ok: false, message: expect.stringContaining('on node sandbox-node-1') }])
    expect(ready(podsIn(lab, home).at(-1))).toBe(true)
  })

  it('is undone by its twin half a second after a hard death, and its replacement only cleans', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'stress-cpu', { FAULTLINE_AMOUNT: '1' })
    await lab.clock.advance(1500)
    const [pod] = podsIn(lab, home)
    await lab.call('DELETE', `/api/v1/namespaces/${home}/pods/${pod?.metadata.name}?gracePeriodSeconds=0`)
    await lab.clock.advance(499)
    expect(lab.sandbox.effects()).toHaveLength(1)
    await lab.clock.advance(1)
    expect(lab.sandbox.effects()).toEqual([])
    await lab.clock.advance(3000)
    expect(phases(await lines(lab))).toEqual(['undone'])
    expect(lab.sandbox.effects()).toEqual([])
  })

  it('checks for residue and completes', async () => {
    const lab = await startReadyLab()
    await inject(lab, 'stress-memory', { FAULTLINE_AMOUNT: '100' })
    await lab.clock.advance(1500)
    await inject(lab, 'check', {}, 'check-1')
    await lab.clock.advance(1500)
    const checker = (name: string) => podsIn(lab, home).find((pod) => pod.metadata.name.startsWith(name))
    expect(await lines(lab, checker('check-1'))).toMatchObject([
      { phase: 'residue', ok: true, name: 'memory', value: 20, message: 'was left behind and is removed now: memory' },
    ])
    await lab.call('DELETE', `${jobs}/injector`, { propagationPolicy: 'Background' })
    await lab.clock.advance(1500)
    await inject(lab, 'check', {}, 'check-2')
    await lab.clock.advance(1500)
    expect(await lines(lab, checker('check-2'))).toMatchObject([{ phase: 'residue', ok: true, value: 20 }])
    expect(checker('check-2')?.status.phase).toBe('Succeeded')
  })

  it.each([
    ['stressed', 'stress-cpu'],
    ['paused', 'freeze'],
  ])('takes a %s pod out of service, and lets it back', async (_, action) => {
    const lab = await startReadyLab()
    await inject(lab, action, { FAULTLINE_AMOUNT: '4' })
    await lab.clock.advance(4000)
    expect(ready(victim(lab))).toBe(false)
    await lab.call('DELETE', `${jobs}/injector`, { propagationPolicy: 'Background' })
    await lab.clock.advance(4000)
    expect(ready(victim(lab))).toBe(true)
  })
})

describe('the cordon fuse', () => {
  /** `owner` is the Job that the node's annotation names. */
  async function cordoned(owner: string): Promise<Lab> {
    const lab = await startReadyLab()
    lab.sandbox.patch(
      'nodes',
      { name: 'sandbox-node-1' },
      { spec: { unschedulable: true }, metadata: { annotations: { 'faultline.dev/cordoned-by': owner } } },
      'faultline',
    )
    const env = Object.entries({ FAULTLINE_NODE: 'sandbox-node-1', FAULTLINE_NAMESPACE: home, FAULTLINE_JOB: 'fuse' })
    const container = { name: 'fuse', image: 'faultline.dev/sandbox/kubectl', env: env.map(([name, value]) => ({ name, value })) }
    const annotations = { 'faultline.dev/burns-at': String(lab.clock.now() / 1000 + 30) }
    lab.sandbox.create(
      'jobs',
      { metadata: { name: 'fuse', annotations }, spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
      { namespace: home },
    )
    await lab.clock.advance(2000)
    return lab
  }
  const node = ({ sandbox }: Lab) => sandbox.get('nodes', 'sandbox-node-1')

  it.each(['its end', 'TERM'])('uncordons on %s', async (how) => {
    const lab = await cordoned('fuse')
    expect(node(lab)?.spec.unschedulable).toBe(true)
    if (how === 'TERM') lab.sandbox.delete('jobs', { name: 'fuse', namespace: home }, { propagationPolicy: 'Background' })
    await lab.clock.advance(how === 'TERM' ? 1000 : 30_000)
    expect(node(lab)?.spec.unschedulable).toBeUndefined()
    expect(node(lab)?.metadata.annotations).toEqual({})
  })

  it('leaves the cordon of another run alone', async () => {
    const lab = await cordoned('run-2')
    await lab.clock.advance(60_000)
    expect(node(lab)?.spec.unschedulable).toBe(true)
  })
})
