import type { CordonUndo, DeletionUndo, InjectorUndo, PolicyUndo } from '../../lib/domain/undo-data.ts'

export const deletionUndo = (change: Partial<DeletionUndo> = {}): DeletionUndo => ({
  kind: 'deletion',
  owners: [],
  bare: [],
  graceSeconds: null,
  ...change,
})

export const cordonUndo = (change: Partial<CordonUndo> = {}): CordonUndo => ({
  kind: 'cordon',
  tag: 'faultline-run-0-n0',
  allowBarePods: false,
  allowEmptyDir: false,
  ...change,
})

export const policyUndo = (change: Partial<PolicyUndo> = {}): PolicyUndo => ({
  kind: 'policy',
  mechanism: 'policy',
  policy: 'faultline-run-0',
  value: 'run-0',
  policyTypes: ['Ingress', 'Egress'],
  restarts: {},
  singleNode: false,
  ...change,
})

export const injectorUndoOf = (change: Partial<InjectorUndo> = {}): InjectorUndo => ({
  kind: 'injector',
  source: { image: 'i:1', namespace: 'injectors' },
  node: 'n1',
  bootId: '',
  job: 'faultline-run-0-n0',
  action: 'stress-memory',
  env: {},
  peers: {},
  ...change,
})
