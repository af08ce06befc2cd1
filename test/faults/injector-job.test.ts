import { expect, it } from '@jest/globals'
import { defaultConfig } from '../../lib/config.ts'
import { type InjectorOrder, injectorJob, sourceOf } from '../../lib/faults/injector/job.ts'

const order = (change: Partial<InjectorOrder>): InjectorOrder => ({
  runId: 'r',
  step: 0,
  name: 'faultline-r-0',
  node: 'node-1',
  source: { ...defaultConfig.injector, image: 'injector:1' },
  action: 'stress-memory',
  targets: [],
  peers: {},
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
  const source = { image: 'i:1', namespace: 'chaos', pullPolicy: 'Never' }
  expect(sourceOf({ undo: { source } })).toEqual({ ...defaultConfig.injector, ...source })
})
