import { describe, expect, it, test } from '@jest/globals'
import type { FaultName } from '../../lib/domain/suite.ts'
import { readUndoData, undoOf } from '../../lib/domain/undo-data.ts'
import { cordonUndo, deletionUndo, injectorUndoOf, policyUndo } from '../support/undo-data.ts'

const source = { image: 'i:1', namespace: 'chaos' }

describe('undo data that an earlier version stored', () => {
  it.each<[FaultName, object, object]>([
    ['pod-delete', { owners: [] }, deletionUndo()],
    ['pod-delete', { owners: [], bare: ['db-9'], graceSeconds: 0 }, deletionUndo({ bare: ['db-9'], graceSeconds: 0 })],
    ['node-drain', { tag: 'faultline-run-0-n0', allowBarePods: true, allowEmptyDir: false }, cordonUndo({ allowBarePods: true })],
    [
      'network-partition',
      { mechanism: 'policy', policy: 'faultline-run-0', value: 'run-0', policyTypes: ['Ingress'], restarts: { a: 1 } },
      policyUndo({ policyTypes: ['Ingress'], restarts: { a: 1 } }),
    ],
    [
      'network-partition',
      { mechanism: 'netfilter', source, node: 'n1', job: 'faultline-run-0-n0', action: 'cut-network', env: {} },
      injectorUndoOf({ mechanism: 'netfilter', source, action: 'cut-network' }),
    ],
    ['memory-exhaustion', { source, node: 'n1', job: 'faultline-run-0-n0', action: 'stress-memory' }, injectorUndoOf({ source })],
  ])('of a %s reads on: %j', (fault, stored, read) => {
    expect(readUndoData(stored, fault)).toEqual(read)
  })
})

test('undo data comes back from the ledger as it was stored', () => {
  for (const undo of [deletionUndo({ bare: ['a'] }), cordonUndo(), policyUndo(), injectorUndoOf({ neverStarted: 'no image' })])
    expect(readUndoData(JSON.parse(JSON.stringify(undo)), 'pod-kill')).toEqual(undo)
})

test('undo data of a later version is not guessed at', () => {
  expect(() => readUndoData({ kind: 'snapshot' }, 'pod-delete')).toThrow('a kind that this version does not know: snapshot')
})

test('a fault is given no undo data but its own', () => {
  expect(undoOf({ undo: cordonUndo() }, 'cordon').tag).toBe('faultline-run-0-n0')
  expect(() => undoOf({ undo: cordonUndo() }, 'policy')).toThrow(new TypeError('undo data of kind cordon, where policy was expected'))
})
