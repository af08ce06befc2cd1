import { describe, expect, it } from '@jest/globals'
import {
  type ApprovalPlace,
  type ApprovalRules,
  defaultApproval,
  type Hit,
  hitsOf,
  meansPlan,
  requestOfRun,
  requestOfStep,
  whyApproval,
} from '../../lib/domain/approval.ts'
import { auditOf } from '../../lib/domain/audit.ts'
import type { Pod } from '../../lib/domain/kube.ts'
import { deadlineOf, nextAction } from '../../lib/domain/next-action.ts'
import { noticesOf } from '../../lib/domain/notices.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { type RunEvent, transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../support/runs.ts'
import { nodeDrain, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'

const place: ApprovalPlace = { clusterUid: 'c1', clusterName: 'staging', namespace: 'shop', simulated: false }
const all: FaultSpec = { ...partition, kind: 'all' }
const hit = (pods: number, of: number): Hit => ({ owner: 'Deployment web', pods, of })
const why = (fault: FaultSpec, hits: readonly Hit[], change: Partial<ApprovalPlace & ApprovalRules> = {}) =>
  whyApproval({ ...defaultApproval, ...change }, { ...place, ...change } as ApprovalPlace, stepOf(fault), { hits, nodes: [] })

describe('what takes an approval', () => {
  it.each<[string, readonly string[], FaultSpec, readonly Hit[]]>([
    ['half of a workload does not', [], podDelete, [hit(2, 4)]],
    ['more than half of it does', ['it hits 3 of the 4 pods of Deployment web, more than 50 %'], podDelete, [hit(3, 4)]],
    ['the one pod of a workload does not: it has no half', [], podDelete, [hit(1, 1)]],
    ['the partition of all does, of one pod, too', ['it cuts off all targets'], all, [hit(1, 1)]],
    ['another partition does not', [], partition, [hit(1, 3)]],
    ['a drain does', ['its kind is node-drain'], nodeDrain, []],
  ])('by default: %s', (_, expected, fault, hits) => {
    expect(why(fault, hits)).toEqual(expected)
  })

  it.each(['prod', 'production', 'prod-eu', 'shop-prod', 'shop-production'])('every step in namespace %s does', (namespace) => {
    expect(why(podDelete, [hit(1, 4)], { namespace })).toEqual([expect.stringContaining(`namespace ${namespace} takes approval`)])
  })

  it.each(['product', 'shop', 'reproduction-1'])('namespace %s is no production', (namespace) => {
    expect(why(podDelete, [hit(1, 4)], { namespace })).toEqual([])
  })

  it('a configuration names kinds, clusters and shares of its own', () => {
    const kinds = ['pod-delete'] as const
    expect(why(podDelete, [hit(1, 4)], { kinds })).toEqual(['its kind is pod-delete'])
    expect(why(nodeDrain, [], { kinds })).toEqual([])
    expect(why(podDelete, [hit(1, 4)], { clusters: ['stag*'] })).toEqual(['cluster staging takes approval (stag*)'])
    expect(why(podDelete, [hit(1, 4)], { above: 0 })).toHaveLength(1)
    expect(why(podDelete, [hit(4, 4)], { above: 100 })).toEqual([])
  })

  it('an embedded cluster does only where it is asked for', () => {
    expect(why(all, [hit(3, 3)], { simulated: true })).toHaveLength(2)
    expect(whyApproval(defaultApproval, { ...place, simulated: true }, stepOf(all), { hits: [hit(3, 3)], nodes: [] })).toEqual([])
  })

  it('pods count by their owner, which a replaced pod still has', () => {
    const pod = (name: string, owner: string, uid = name): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, uid, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: owner, uid: owner, controller: true }] },
      spec: { nodeName: 'n', containers: [] },
      status: { phase: 'Running' },
    })
    const inventory = (pods: readonly Pod[]) => ({ namespace: 'shop', pods, nodes: [], parents: new Map() })
    const [a, b, c, d] = [pod('a-0', 'a'), pod('a-1', 'a'), pod('b-0', 'b'), pod('a-0', 'a', 'new')]
    const before = hitsOf(inventory([c, a, b]), [a, c])
    expect(before).toEqual([
      { owner: 'StatefulSet a', pods: 1, of: 2 },
      { owner: 'StatefulSet b', pods: 1, of: 1 },
    ])
    expect(hitsOf(inventory([b, c, d]), [d, c])).toEqual(before)
  })
})

const suite = suiteOf([stepOf(partition), stepOf(all)])
const asked = { rules: defaultApproval, place, suite }
const plansOf = (pods: number) => [0, 1].map((step) => ({ step, hits: [hit(step === 0 ? 1 : pods, 3)], nodes: [] }))
const planOf = (change: Partial<typeof asked> = {}, pods = 3) => requestOfRun({ ...asked, ...change, plans: plansOf(pods) })

describe('a plan', () => {
  it('is the whole run, and asks for what of it is destructive', () => {
    expect(planOf()?.steps.map(({ why: reasons, hits }) => [reasons.length, hits])).toEqual([
      [0, [hit(1, 3)]],
      [2, [hit(3, 3)]],
    ])
    expect(planOf({ suite: suiteOf([stepOf(partition), stepOf(partition)]) }, 1)).toBeNull()
  })

  it('is another one with other targets, amounts, times, or in another place', () => {
    const others = [
      planOf(),
      planOf({}, 2),
      planOf({ suite: { ...suite, graceAfterMs: 1 } }),
      planOf({ suite: suiteOf([stepOf(partition, { durationMs: 11_000 }), stepOf(all)]) }),
      planOf({ suite: suiteOf([stepOf({ ...partition, direction: 'in' }), stepOf(all)]) }),
      planOf({ place: { ...place, namespace: 'other' } }),
      planOf({ place: { ...place, clusterUid: 'c2' } }),
    ]
    expect(new Set(others.map((one) => one?.plan)).size).toBe(others.length)
    expect(planOf()).toEqual(planOf())
  })

  it('is meant by the digits that a person sees, and by no fewer', () => {
    const { plan = '' } = planOf() ?? {}
    expect([plan, plan.slice(0, 12), plan.slice(0, 11), '', `${plan}0`].map((said) => meansPlan(said, plan))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

const request = planOf() ?? { plan: '', steps: [] }
const approval = { by: 'bob@desk', why: 'as agreed', at: 60_000, plan: request.plan, before: null, steps: request.steps }
const needed: RunEvent = { type: 'approval_needed', request, expiresAt: 100_000 }
const given: RunEvent = { type: 'approved', approval, lease: { owner: 'driver-2', until: 90_000 } }
const refused: RunEvent = { type: 'refused', refusals: [{ code: 'not_approved', step: null, message: 'no' }] }
const play = (events: readonly (readonly [RunEvent, number])[], run: Run = requestedRun(suite)) =>
  events.reduce((one, [event, at]) => transition(one, event, at), run)

describe('a run that waits', () => {
  it('has no driver, does nothing until its time is up, and begins anew once it is approved', () => {
    const waiting = play([[needed, 1_000]])
    expect(waiting).toMatchObject({ status: 'awaiting_approval', before: null, lease: null, handover: false })
    expect([nextAction(waiting, 99_999), nextAction(waiting, 100_000)]).toEqual([{ do: 'nothing' }, { do: 'lapse' }])
    const approved = play([[given, 60_000]], waiting)
    expect(approved).toMatchObject({ status: 'requested', approvals: [approval], lease: { owner: 'driver-2' } })
    expect('request' in approved).toBe(false)
    expect([deadlineOf(waiting), deadlineOf(approved)]).toEqual([suite.maxDurationMs, 60_000 + suite.maxDurationMs])
  })

  it('is approved for the plan that it waits for only', () => {
    const other: RunEvent = { ...given, approval: { ...approval, plan: 'other' } }
    expect(() =>
      play([
        [needed, 1_000],
        [other, 2_000],
      ]),
    ).toThrow('approved does not fit')
    expect(() => play([[given, 1_000]])).toThrow('approved does not fit')
  })

  it('is refused before it began, and ends as one with a refused step after', () => {
    expect(
      play([
        [needed, 1_000],
        [refused, 2_000],
      ]),
    ).toMatchObject({ status: 'refused', refusals: [{ code: 'not_approved' }] })
    const begun: readonly [RunEvent, number][] = [
      [{ type: 'admitted', baseline: { ready: 3, total: 3 } }, 0],
      [{ type: 'beacon_lit', beacon: { namespace: 'shop', name: 'b', uid: 'b', burnsAt: 1e9 } }, 1],
    ]
    const waiting = play([...begun, [needed, 2_000]])
    expect(waiting).toMatchObject({ status: 'awaiting_approval', before: 0, beacon: { name: 'b' } })
    expect(play([[given, 60_000]], waiting)).toMatchObject({ status: 'preparing', step: 0, until: 60_000 })
    const ended = play([[{ ...refused, type: 'step_refused' }, 3_000]], waiting)
    expect(ended).toMatchObject({ status: 'verifying', step: 0 })
    expect(ended.steps[0]).toMatchObject({ verdict: 'failed', reasons: [{ code: 'refused', detail: 'no' }] })
    expect(() => play([[{ type: 'rested' }, 3_000]], waiting)).toThrow('does not fit')
  })

  it('is told of with what would be done to whom, and its approval is an entry of the trail', () => {
    const waiting = play([[needed, 1_000]])
    const [notice] = noticesOf(waiting, waiting.events, [])
    expect(notice).toMatchObject({ kind: 'approval.needed', data: { plan: request.plan, expiresAt: 100_000 } })
    expect(notice?.message).toContain('all: network-partition for 10 s on Deployment web: 3 of 3 pods (approval: it cuts off all targets; ')
    const approved = play([[given, 60_000]], waiting)
    expect(auditOf(approved, approved.events)).toMatchObject([
      {
        kind: 'approve',
        at: 60_000,
        actor: { kind: 'claimed', name: 'bob@desk' },
        message: 'as agreed',
        data: { plan: request.plan, before: null },
      },
    ])
  })
})

describe('a step whose turn has come', () => {
  const [, later = plansOf(3)[0]] = plansOf(3)
  const ofStep = (pods: number, approvals = [approval]) =>
    requestOfStep(asked, { ...later, step: 1, hits: [hit(pods, 3)], nodes: [] }, approvals)

  it('is approved with the run for as long as nothing of it has changed', () => {
    expect(ofStep(3)).toBeNull()
    expect(ofStep(2)).toMatchObject({ steps: [{ step: 1, hits: [hit(2, 3)] }] })
    expect(ofStep(3, [])).toMatchObject({ steps: [{ step: 1 }] })
  })

  it('asks for nothing that is not destructive', () => {
    expect(requestOfStep(asked, { step: 0, hits: [hit(1, 3)], nodes: [] }, [])).toBeNull()
  })
})
