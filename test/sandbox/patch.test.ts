import { describe, expect, it } from '@jest/globals'
import { jsonPatch } from '../../sandbox/api/json-patch.ts'
import { mergePatch, strategicMerge } from '../../sandbox/api/strategic-merge.ts'

describe('a strategic merge patch', () => {
  it('merges containers, env and ports by their keys', () => {
    const target = {
      containers: [
        { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80 }] },
        { name: 'b', image: 'b:1' },
      ],
    }
    const patch = { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }], ports: [{ containerPort: 81 }] }] }
    expect(strategicMerge(target, patch)).toEqual({
      containers: [
        {
          name: 'a',
          image: 'a:1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
          ports: [{ containerPort: 80 }, { containerPort: 81 }],
        },
        { name: 'b', image: 'b:1' },
      ],
    })
  })

  it('deletes items and fields, replaces on demand, and keeps the asked order', () => {
    expect(strategicMerge({ env: [{ name: 'X' }, { name: 'Y' }] }, { env: [{ name: 'X', $patch: 'delete' }] })).toEqual({
      env: [{ name: 'Y' }],
    })
    expect(strategicMerge({ a: { b: 1, c: 2 } }, { a: { $patch: 'replace', d: 3 } })).toEqual({ a: { d: 3 } })
    expect(
      strategicMerge({ env: [{ name: 'X' }] }, { env: [{ name: 'Y' }], '$setElementOrder/env': [{ name: 'Y' }, { name: 'X' }] }),
    ).toEqual({ env: [{ name: 'Y' }, { name: 'X' }] })
    expect(strategicMerge({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({ finalizers: ['b'] })
    expect(strategicMerge({ strategy: { type: 'A', rollingUpdate: {} } }, { strategy: { $retainKeys: ['type'], type: 'B' } })).toEqual({
      strategy: { type: 'B' },
    })
  })

  it('replaces lists without a key, and merges ownerReferences by uid', () => {
    expect(strategicMerge({ args: ['a'] }, { args: ['b'] })).toEqual({ args: ['b'] })
    expect(strategicMerge({ ownerReferences: [{ uid: '1', name: 'a' }] }, { ownerReferences: [{ uid: '1', controller: true }] })).toEqual({
      ownerReferences: [{ uid: '1', name: 'a', controller: true }],
    })
  })
})

describe('a merge patch', () => {
  it('removes with null and replaces lists', () => {
    expect(mergePatch({ a: 1, b: { c: 1, d: 2 }, e: [1] }, { a: null, b: { c: 3 }, e: [2, 3] })).toEqual({ b: { c: 3, d: 2 }, e: [2, 3] })
  })
})

describe('a JSON patch', () => {
  it('adds, removes, moves, copies and unescapes pointers', () => {
    const operations = [
      { op: 'add', path: '/labels/a~1b', value: 'x' },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'remove', path: '/gone' },
      { op: 'copy', from: '/list/0', path: '/first' },
      { op: 'move', from: '/first', path: '/moved' },
    ]
    expect(jsonPatch({ labels: {}, list: [1, 2], gone: 1 }, operations)).toEqual({ labels: { 'a/b': 'x' }, list: [1, 2, 3], moved: 1 })
  })

  it('is refused with 422 when a test fails or a path is missing', () => {
    expect(() => jsonPatch({ a: 1 }, [{ op: 'test', path: '/a', value: 2 }])).toThrow('the server rejected our request')
    const to = (...operations: readonly object[]) => jsonPatch({ list: [1], a: 1 }, operations)
    expect(() => to({ op: 'remove', path: '/b' })).toThrow('the server rejected our request')
    expect(() => to({ op: 'add', path: '/list/9', value: 1 })).toThrow('the server rejected our request')
    expect(() => to({ op: 'replace', path: '/b', value: 1 })).toThrow('the server rejected our request')
    expect(() => to({ op: 'add', path: 'a', value: 1 })).toThrow('the server rejected our request')
    expect(() => to({ op: 'add', value: 1 })).toThrow('the server rejected our request')
    expect(() => to({ op: 'move', from: '/b', path: '/c' })).toThrow('the server rejected our request')
    expect(() => to({ op: 'merge', path: '/a' })).toThrow("unknown operation 'merge'")
  })

  it('leaves its target alone, as a whole when the last operation fails, and can replace all of it', () => {
    const target = { a: 1, b: undefined }
    expect(() =>
      jsonPatch(target, [
        { op: 'add', path: '/c', value: 1 },
        { op: 'test', path: '/b', value: 1 },
      ]),
    ).toThrow('the server rejected our request')
    expect(jsonPatch(target, [{ op: 'replace', path: '', value: { d: [] } }])).toEqual({ d: [] })
    expect(target).toEqual({ a: 1, b: undefined })
  })
})
