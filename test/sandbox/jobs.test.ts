import { afterEach, describe, expect, it } from '@jest/globals'
import type { Job } from '../../sandbox/kinds.ts'
import { closeAll, configMap, fuse, type Lab, merge, startLab } from './support.ts'

afterEach(closeAll)
const jobs = '/apis/batch/v1/namespaces/default/jobs'

const job = ({ sandbox }: Lab, name: string): Job | undefined => sandbox.get('jobs', name, 'default')
const conditions = (lab: Lab, name: string): string[] => (job(lab, name)?.status?.conditions ?? []).map((one) => one.type)
const podsIn = ({ sandbox }: Lab, namespace: string) =>
  sandbox.objects().filter((one) => one.kind === 'Pod' && one.metadata.namespace === namespace)

const running = (name: string, spec: object = {}): object => fuse(name, 60, { parallelism: 1, ...spec })

describe('a Job without pods', () => {
  it('starts at once, fails at its deadline, is deleted, and takes along what it owns', async () => {
    const lab = await startLab({ workload: false })
    const made = await lab.call('POST', jobs, fuse('fuse', 10))
    expect(job(lab, 'fuse')?.status?.startTime).toBe('2026-01-05T09:00:00Z')
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'fuse', uid: made.body.metadata.uid }]
    await lab.call('POST', '/api/v1/namespaces/default/configmaps', configMap('owned', { ownerReferences }))
    await lab.clock.advance(9990)
    expect(conditions(lab, 'fuse')).toEqual([])
    await lab.clock.advance(10)
    expect(conditions(lab, 'fuse')).toEqual(['FailureTarget'])
    await lab.clock.advance(50)
    expect(conditions(lab, 'fuse')).toEqual(['FailureTarget', 'Failed'])
    expect(job(lab, 'fuse')?.status?.conditions?.[0]?.reason).toBe('DeadlineExceeded')
    await lab.clock.advance(1000)
    expect(job(lab, 'fuse')).toBeUndefined()
    expect(lab.sandbox.get('configmaps', 'owned', 'default')).toBeUndefined()
    expect(podsIn(lab, 'default')).toEqual([])
  })

  it('obeys a deadline that is patched later, and one that is patched sooner', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', jobs, fuse('fuse', 10))
    await lab.call('PATCH', `${jobs}/fuse`, { spec: { activeDeadlineSeconds: 100 } }, merge)
    await lab.clock.advance(60_000)
    expect(conditions(lab, 'fuse')).toEqual([])
    await lab.call('PATCH', `${jobs}/fuse`, { spec: { activeDeadlineSeconds: 61 } }, merge)
    await lab.clock.advance(1000)
    expect(conditions(lab, 'fuse')).toContain('FailureTarget')
  })

  it('never burns while it is suspended', async () => {
    const lab = await startLab({ workload: false })
    lab.sandbox.mutateOnCreate('jobs', (draft) => Object.assign(draft.spec as object, { suspend: true }))
    await lab.call('POST', jobs, fuse('fuse', 5))
    await lab.clock.advance(60_000)
    expect(job(lab, 'fuse')?.status?.startTime).toBeUndefined()
    expect(conditions(lab, 'fuse')).toEqual(['Suspended'])
  })
})

describe('a Job with pods', () => {
  it('marks its pods as its own and counts them', async () => {
    const lab = await startLab({ workload: false })
    const made = await lab.call('POST', jobs, running('work'))
    await lab.clock.advance(1500)
    const [pod] = podsIn(lab, 'default')
    const uid = made.body.metadata.uid
    expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid, controller: true }])
    expect(pod?.metadata.labels).toEqual({
      'batch.kubernetes.io/controller-uid': uid,
      'controller-uid': uid,
      'batch.kubernetes.io/job-name': 'work',
      'job-name': 'work',
    })
    expect(job(lab, 'work')?.status).toMatchObject({ active: 1, ready: 1 })
  })

  it('waits for its pods between FailureTarget and Failed', async () => {
    const lab = await startLab({ workload: false, stopDelayMs: 5000 })
    await lab.call('POST', jobs, running('work', { activeDeadlineSeconds: 10, ttlSecondsAfterFinished: 100 }))
    await lab.clock.advance(12_000)
    expect(conditions(lab, 'work')).toEqual(['FailureTarget'])
    await lab.clock.advance(4000)
    expect(conditions(lab, 'work')).toEqual(['FailureTarget', 'Failed'])
  })

  it('completes when its process ends well, and gives up past its backoffLimit', async () => {
    const exits = (code: number) => (context: { at(ms: number, run: () => void): unknown; now(): number; exit(code: number): void }) => {
      context.at(context.now() + 1000, () => context.exit(code))
      return {}
    }
    const lab = await startLab({ workload: false, behaviours: { good: exits(0), bad: exits(3) } })
    const template = (image: string) => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } })
    await lab.call('POST', jobs, running('good', { template: template('good:1'), ttlSecondsAfterFinished: 1000 }))
    await lab.call('POST', jobs, running('bad', { template: template('bad'), backoffLimit: 1, ttlSecondsAfterFinished: 1000 }))
    await lab.clock.advance(30_000)
    expect(job(lab, 'good')?.status).toMatchObject({ succeeded: 1, completionTime: '2026-01-05T09:00:01Z' })
    expect(conditions(lab, 'good')).toContain('Complete')
    expect(job(lab, 'bad')?.status).toMatchObject({ failed: 2, conditions: [{ reason: 'BackoffLimitExceeded' }, { type: 'Failed' }] })
  })

  it('is accepted in a restricted namespace, its pod refused with an event', async () => {
    const lab = await startLab({ workload: false })
    await lab.call(
      'PATCH',
      '/api/v1/namespaces/default',
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      merge,
    )
    const template = {
      spec: { restartPolicy: 'Never', hostPID: true, containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }] },
    }
    expect((await lab.call('POST', jobs, running('work', { template }))).status).toBe(201)
    const events = await lab.call('GET', '/api/v1/namespaces/default/events?fieldSelector=reason=FailedCreate')
    expect(events.body.items[0]).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'Job', name: 'work' },
      message: expect.stringContaining(
        'violates PodSecurity "restricted:latest": host namespaces (hostPID=true), privileged (container "c" must not set securityContext.privileged=true)',
      ),
    })
  })

  it('refuses a changed template and a negative parallelism', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', jobs, running('work'))
    const template = { spec: { containers: [{ name: 'other', image: 'y' }] } }
    expect((await lab.call('PATCH', `${jobs}/work`, { spec: { template } }, merge)).body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect((await lab.call('POST', jobs, fuse('bad', 5, { parallelism: -1 }))).status).toBe(422)
  })
})

describe('deleting a Job', () => {
  it('orphans what it owns without a propagation policy', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', jobs, running('work'))
    await lab.clock.advance(1500)
    await lab.call('DELETE', `${jobs}/work`)
    await lab.clock.advance(10_000)
    const [pod] = podsIn(lab, 'default')
    expect(pod?.metadata.ownerReferences).toBeUndefined()
  })

  it.each(['Background', 'Foreground'])('takes its pods along with %s', async (propagationPolicy) => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', jobs, running('work'))
    await lab.clock.advance(1500)
    await lab.call('DELETE', `${jobs}/work`, { propagationPolicy })
    expect(job(lab, 'work') === undefined).toBe(propagationPolicy === 'Background')
    await lab.clock.advance(3000)
    expect(job(lab, 'work')).toBeUndefined()
    expect(podsIn(lab, 'default')).toEqual([])
  })
})

describe('the garbage collector', () => {
  const owned = (name: string, owner: object) =>
    configMap(name, { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'fuse', ...owner }] })
  const maps = '/api/v1/namespaces/default/configmaps'

  it('takes an object within 0.2 s whose owner UID is absent, though a Job of that name exists', async () => {
    const lab = await startLab({ workload: false })
    await lab.call('POST', jobs, fuse('fuse', 60))
    await lab.call('POST', maps, owned('late', { uid: '00000000-0000-4000-a000-000000000000' }))
    expect(lab.sandbox.get('configmaps', 'late', 'default')).toBeDefined()
    await lab.clock.advance(200)
    expect(lab.sandbox.get('configmaps', 'late', 'default')).toBeUndefined()
  })

  it('counts an owner in another namespace as absent, a cluster-wide one as present', async () => {
    const lab = await startLab({ workload: false })
    const made = await lab.call('POST', '/apis/batch/v1/namespaces/kube-public/jobs', fuse('fuse', 60))
    await lab.call('POST', maps, owned('crossing', { uid: made.body.metadata.uid }))
    const node = lab.sandbox.get('nodes', 'sandbox-node-1')
    await lab.call('POST', maps, owned('by-node', { apiVersion: 'v1', kind: 'Node', name: 'sandbox-node-1', uid: node?.metadata.uid }))
    await lab.clock.advance(200)
    expect(lab.sandbox.get('configmaps', 'crossing', 'default')).toBeUndefined()
    expect(lab.sandbox.get('configmaps', 'by-node', 'default')).toBeDefined()
  })
})
