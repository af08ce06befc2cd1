import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { admissionPolicies } from '../../../lib/doctor/cluster/admission-checks.ts'
import { clusterChecks } from '../../../lib/doctor/cluster/checks.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import { healthOf } from '../../../lib/domain/finding.ts'
import { simulatedImages } from '../../../lib/simulated-images.ts'
import { injector } from '../../../sandbox/behaviours/injector.ts'
import { imageWith, type NodeFacts } from '../../../sandbox/behaviours/node-look.ts'
import { openWorld, type World } from '../../support/world.ts'
import { lookAt, of, trouble } from './look.ts'

let world: World
afterEach(() => world.close())

/** What every embedded cluster lacks. */
const usual = ['admission-policies: warning', 'metrics: warning']

const imageName = simulatedImages.injector.replace(/:\d+$/, '')
const worldWith = (facts: NodeFacts) => openWorld({ behaviours: { [imageName]: imageWith(facts, injector) } })

describe('a look at a cluster', () => {
  it('finds the embedded one well but for what it has not got, names each check, and leaves nothing', async () => {
    world = await openWorld()
    const before = world.footprint()
    const findings = await lookAt(world)
    expect(trouble(findings)).toEqual(usual)
    expect(healthOf(findings)).toBe('warnings')
    expect(new Set(findings.map(({ check }) => check))).toEqual(new Set([...Object.keys(clusterChecks), 'left-behind']))
    expect(of(findings, 'identity').found).toBe('faultline-sandbox, of system:masters')
    expect(of(findings, 'network-policies').found).toMatch(/^a deny bites within [1-4] s$/)
    expect(of(findings, 'pushgateway')).toMatchObject({ state: 'off', fix: '--pushgateway-url URL (docs/metrics.md)' })
    expect(world.footprint()).toEqual(before)
  })

  it('tells of an SNS topic that is not there, and asks of each outlet that is set up once', async () => {
    world = await openWorld()
    const asked: string[] = []
    const only = ['prometheus', 'pushgateway', 'sns-topic']
    const gone = async () => {
      asked.push('topic')
      throw new FaultlineError('not_found', 'no such topic')
    }
    const findings = await lookAt(world, {
      only,
      outlets: {
        topic: gone,
        prometheus: async () => {
          asked.push('prometheus')
          throw new FaultlineError('unavailable', 'no answer')
        },
        pushgateway: async () => 'ready',
      },
    })
    expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual(['pushgateway ok', 'prometheus failed', 'sns-topic failed'])
    expect(asked.sort()).toEqual(['prometheus', 'topic'])
  })

  it('of a dead API server says so, asks no more, and has made nothing', async () => {
    world = await openWorld()
    world.sandbox.disturb(() => ({ drop: true }))
    const findings = await lookAt(world)
    expect(of(findings, 'reachability')).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/^it does not answer: list the API groups: /),
      fix: expect.stringContaining('kubectl cluster-info'),
    })
    const others = findings.filter(({ check }) => !['reachability', 'prometheus', 'pushgateway', 'sns-topic'].includes(check))
    expect(others).toHaveLength(Object.keys(clusterChecks).length - 4)
    expect(new Set(others.map(({ state }) => state))).toEqual(new Set(['unknown']))
    expect(of(findings, 'dns').found).toBe('it could not be looked at, as identity is not well')
  })

  it('names expired credentials, and how to sign in', async () => {
    world = await openWorld()
    world.sandbox.disturb(() => ({ status: 401 }))
    const findings = await lookAt(world)
    expect(of(findings, 'reachability').state).toBe('ok')
    expect(of(findings, 'identity')).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/^the credentials are expired or wrong: .*401/),
      fix: expect.stringContaining('kubectl auth whoami'),
    })
    expect(of(findings, 'permissions').state).toBe('unknown')
  })

  it('with a role that may only read names the rights that are missing, and says of nothing that it is well unseen', async () => {
    world = await openWorld()
    const before = world.footprint()
    for (const verb of ['create', 'patch', 'update', 'delete']) world.sandbox.forbid({ verb, resource: 'jobs' })
    for (const resource of ['networkpolicies', 'pods']) world.sandbox.forbid({ verb: 'create', resource })
    const findings = await lookAt(world)
    expect(of(findings, 'permissions')).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('create jobs in jadevectordb-system'),
      fix: expect.stringContaining('kubectl apply -f deploy/rbac.yaml'),
    })
    expect(of(findings, 'jobs')).toMatchObject({ state: 'failed', fix: expect.stringContaining('kubectl apply -f deploy/rbac.yaml') })
    for (const check of [
      'injector-image',
      'injector-tools',
      'kernel',
      'cgroups',
      'network-policies',
      'ttl-controller',
      'cordon-fuse',
      'dns',
    ])
      expect([check, of(findings, check).state]).toEqual([check, 'unknown'])
    expect(findings.filter(({ check, state }) => check === 'clocks' && state === 'ok')).toEqual([])
    expect(world.footprint()).toEqual(before)
  })

  it("names the level of the injectors' namespace that refuses their pods", async () => {
    world = await openWorld()
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    world.sandbox.patch('namespaces', { name: 'faultline-injectors' }, { metadata: { labels } })
    const findings = await lookAt(world, { config: { fuse: { ...world.engine().config.fuse, cordonImage: null } } })
    const fix = 'kubectl label namespace faultline-injectors pod-security.kubernetes.io/enforce=privileged --overwrite'
    expect(of(findings, 'pod-security')).toMatchObject({ state: 'failed', found: expect.stringContaining('"restricted"'), fix })
    expect(of(findings, 'injector-image')).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('violates PodSecurity "restricted:latest"'),
      fix: expect.stringContaining(fix),
    })
    expect(of(findings, 'injector-image')).toMatchObject({ on: 'all 3 nodes', found: expect.stringContaining('pods its pod is forbidden') })
    for (const check of ['injector-tools', 'kernel', 'network-policies', 'dns', 'clocks'])
      expect(of(findings, check)).toMatchObject({ state: 'unknown', found: expect.stringContaining('its pod does not start') })
    expect(of(findings, 'ttl-controller').state).toBe('ok')
    expect(of(findings, 'cordon-fuse')).toMatchObject({ state: 'off', fix: expect.stringContaining('--fuse-image') })
  })

  it('names a CNI that ignores policies', async () => {
    world = await openWorld({ enforceNetworkPolicies: false })
    const findings = await lookAt(world, { only: ['network-policies'] })
    expect(findings[0]).toMatchObject({
      check: 'network-policies',
      state: 'warning',
      on: 'all 3 nodes',
      found: expect.stringContaining('policies are ignored'),
      fix: expect.stringContaining('"mechanism": "netfilter"'),
    })
  })

  it('names a cluster whose pods look no names up', async () => {
    world = await openWorld({ dns: false })
    const findings = await lookAt(world)
    expect(trouble(findings)).toEqual([...usual, 'dns: warning'].sort((a, b) => order(a) - order(b)))
    expect(of(findings, 'dns').fix).toBe('kubectl -n kube-system get pods,endpoints -l k8s-app=kube-dns')
  })

  it('names an image without tc, and how to build one', async () => {
    world = await worldWith({ withoutTools: ['tc'] })
    const findings = await lookAt(world)
    expect(of(findings, 'injector-tools')).toMatchObject({
      state: 'failed',
      found: 'the image lacks tc',
      fix: expect.stringMatching(/^docker build .* deploy\/injector/),
    })
    expect(of(findings, 'injector-image').state).toBe('ok')
  })

  it('warns of an image of an earlier version, and names what cannot be had with it', async () => {
    world = await worldWith({ withoutTools: ['dnsdist', 'drill'] })
    expect(of(await lookAt(world), 'injector-tools')).toMatchObject({
      state: 'warning',
      found: "the image lacks dnsdist drill: dns_failure cannot be had; it is an earlier version's",
    })
  })

  it('names an image that nodes cannot pull', async () => {
    world = await openWorld()
    world.sandbox.breakImage(imageName)
    const findings = await lookAt(world)
    expect(of(findings, 'injector-image')).toMatchObject({ state: 'failed', found: expect.stringContaining('does not start: ') })
    expect(of(findings, 'clocks')).toMatchObject({ state: 'unknown', fix: 'see injector-image' })
  })

  it('names what kernels lack, with the module, and clocks that differ', async () => {
    world = await worldWith({ kernelLacks: ['netem'], aheadMs: 60_000, cgroup: 'v1' })
    const findings = await lookAt(world)
    expect(of(findings, 'kernel')).toMatchObject({ state: 'warning', fix: expect.stringContaining('modprobe sch_netem') })
    expect(of(findings, 'clocks')).toMatchObject({
      state: 'failed',
      on: 'all 3 nodes',
      found: expect.stringMatching(/^at least 59\.\d s ahead of/),
    })
    expect(of(findings, 'cgroups').found).toBe('cgroup v1, with blkio.throttle')
  })

  it('takes a clock for behind, too, and a little for a warning', async () => {
    world = await worldWith({ aheadMs: -3_000 })
    const findings = await lookAt(world, { only: ['clocks'] })
    expect(of(findings, 'clocks')).toMatchObject({ state: 'warning', found: expect.stringMatching(/^at least 2\.\d s behind/) })
  })

  it('names a webhook that suspends Jobs, so that no fuse would burn', async () => {
    world = await openWorld()
    world.sandbox.mutateOnCreate('jobs', (draft) => Object.assign(draft.spec as object, { suspend: true }))
    const findings = await lookAt(world)
    expect(of(findings, 'ttl-controller')).toMatchObject({ state: 'failed', fix: 'kubectl get mutatingwebhookconfigurations' })
    expect(of(findings, 'left-behind').state).toBe('ok')
  })

  it('knows admission policies that are there and not bound from those that are', async () => {
    world = await openWorld()
    const bind = (name: string, action: string) =>
      world.sandbox.create('validatingadmissionpolicybindings', {
        metadata: { name },
        spec: { policyName: name, validationActions: [action] },
      })
    for (const name of admissionPolicies) world.sandbox.create('validatingadmissionpolicies', { metadata: { name }, spec: {} })
    for (const name of admissionPolicies) bind(name, name === 'faultline-jobs' ? 'Audit' : 'Deny')
    const look = () => lookAt(world, { only: ['admission-policies'] })
    expect((await look())[0]).toMatchObject({ state: 'warning', found: expect.stringMatching(/without effect: faultline-jobs$/) })
    world.sandbox.delete('validatingadmissionpolicybindings', { name: 'faultline-jobs' })
    bind('faultline-jobs', 'Deny')
    expect((await look())[0]).toMatchObject({ state: 'ok' })
  })

  it('without an image says of what only a node can tell that it is unknown', async () => {
    world = await openWorld()
    const findings = await lookAt(world, { config: { injector: { ...world.engine().config.injector, image: null } } })
    expect(of(findings, 'injector-image').state).toBe('warning')
    for (const check of ['injector-tools', 'kernel', 'cgroups', 'network-policies', 'dns', 'clocks'])
      expect(of(findings, check)).toMatchObject({ state: 'unknown' })
  })
})

const order = (text: string) => Object.keys(clusterChecks).indexOf(text.split(':')[0] ?? '')

describe('the lists that doctor knows', () => {
  it('are those of deploy/', () => {
    world = { close: async () => undefined } as World
    const documents = readFileSync('deploy/admission/policies.yaml', 'utf8')
      .split(/^---$/m)
      .map((text) => parse(text))
    const names = documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy').map(({ metadata }) => metadata.name)
    expect([...admissionPolicies].sort()).toEqual(names.sort())
  })
})
