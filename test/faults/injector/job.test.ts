import { expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import { type InjectorOrder, injectorJob, orderLivesMs, orderSkewMs } from '../../../lib/faults/injector/job.ts'
import { injectorUndo } from '../../../lib/faults/injector/undo.ts'
import { injectorUndoOf } from '../../support/undo-data.ts'

const order = (change: Partial<InjectorOrder>): InjectorOrder => ({
  runId: 'r',
  step: 0,
  name: 'faultline-r-0',
  node: 'node-1',
  source: { ...defaultConfig.injector, image: 'injector:1' },
  action: 'stress-memory',
  targets: [],
  peers: {},
  bootId: 'b',
  givenAt: 100_000,
  endsAt: 60_000,
  env: {},
  ...change,
})
const podOf = (change: Partial<InjectorOrder>) => injectorJob(order(change), { now: 0, fuse: null }).spec?.template

it('runs as its owner said: pull secrets and policy, resources, tolerations', () => {
  const tolerations = [{ key: 'dedicated', operator: 'Exists' }]
  const resources = { requests: { cpu: '10m' }, limits: { memory: '64Mi' } }
  const source = { image: 'i:1', namespace: 'chaos', pullPolicy: 'Always', pullSecrets: ['registry'], resources, tolerations } as const
  expect(podOf({ source })).toMatchObject({
    spec: {
      tolerations,
      imagePullSecrets: [{ name: 'registry' }],
      containers: [
        { name: 'injector', imagePullPolicy: 'Always', resources },
        { name: 'twin', imagePullPolicy: 'Always', resources },
      ],
    },
  })
})

it('requests nothing for a check, so that a full node does not turn the proof away; a quota still finds every amount', () => {
  const resources = { requests: { cpu: '10m' }, limits: { memory: '64Mi' } }
  const source = { ...defaultConfig.injector, image: 'i:1', resources }
  const [check] = Object(podOf({ action: 'check', source })).spec.containers
  expect(check.resources).toEqual({ requests: { cpu: '0', memory: '0' }, limits: { memory: '64Mi' } })
})

it('knows the defaults of what an earlier version stored', () => {
  const source = { image: 'i:1', namespace: 'chaos', pullPolicy: 'Never' } as const
  expect(injectorUndo({ undo: injectorUndoOf({ source }) }).source).toEqual({ ...defaultConfig.injector, ...source })
})

it('gives an order that is dead before a replacement pod can come, whose back-off is 10 s, and one for this boot of the node only', () => {
  const [injector] = Object(podOf({})).spec.containers
  const told = Object.fromEntries(injector.env.map(({ name, value }: { name: string; value: string }) => [name, value]))
  expect(told).toMatchObject({ FAULTLINE_APPLY_FROM: '99', FAULTLINE_APPLY_BY: '109', FAULTLINE_BOOT_ID: 'b' })
  expect(told).toMatchObject({ FAULTLINE_APPLY_BY_FIRST: '145' })
  expect(orderLivesMs + orderSkewMs).toBeLessThanOrEqual(10_000)
})

it('lets Kubernetes tell its pod whether it is a replacement, as far as its name leaves room for an index', () => {
  const jobOf = (name: string) => Object(injectorJob(order({ name }), { now: 0, fuse: null }).spec)
  const tells = (name: string) =>
    jobOf(name).template.spec.containers[0].env.find((e: { name: string }) => e.name === 'FAULTLINE_FAILURES')?.valueFrom.fieldRef.fieldPath
  expect(jobOf('n'.repeat(61))).toMatchObject({ completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: 3 })
  expect(tells('n'.repeat(61))).toBe("metadata.annotations['batch.kubernetes.io/job-index-failure-count']")
  expect([jobOf('n'.repeat(62)).completionMode, tells('n'.repeat(62))]).toEqual([undefined, undefined])
})
