import { expect, it } from '@jest/globals'
import { defaultBounds } from '../lib/adapters/kubernetes/connect.ts'
import { defaultConfig } from '../lib/config.ts'
import { settleMs } from '../lib/engine/acts/revert.ts'
import { fenceMarginMs } from '../lib/engine/lease/unfenced-calls.ts'
import { emergencyShare } from '../lib/engine/lease/watchdog.ts'
import { claimedMs, deliveryMs, uncertainTries } from '../lib/engine/notifications/delivery-queue.ts'
import { podStartBudgetMs, startBudgetMs } from '../lib/faults/fuse.ts'
import { injectorBiteMs, injectorStartMs } from '../lib/faults/injector/bite-time.ts'
import { orderLivesMs, orderSkewMs } from '../lib/faults/injector/job.ts'
import { leadMs, patienceOf, podLeadMs } from '../lib/faults/registry.ts'
import { cordonUndo, injectorUndoOf, policyUndo } from './support/undo-data.ts'

const { leaseMs, skewMs, unfencedCallMs, handOver, prepareMs, fuse } = defaultConfig

/** What must hold between durations that stand in different files, so that one of them is never changed alone. */
it.each([
  ['a call that no fuse can fence is the Kubernetes client’s whole budget', unfencedCallMs >= defaultBounds.budgetMs],
  ['it fits into a lease that was just renewed, with its margin', unfencedCallMs + fenceMarginMs < leaseMs],
  ['a lease is renewed several times before a driver without a store reverts', leaseMs / 6 < (leaseMs * emergencyShare) / 2],
  ['a revert from memory has a client’s whole attempt before the lease ends', leaseMs * emergencyShare > defaultBounds.timeoutMs],
  ['a reaper waits for the difference of two clocks, which is no longer than a lease', skewMs <= leaseMs],
  ['a fuse without a pod starts within its lead', startBudgetMs < leadMs],
  ['a fuse with a pod starts within its lead', podStartBudgetMs < podLeadMs],
  ['the pod of a fuse starts before its ledger entry expires', podStartBudgetMs < prepareMs],
  ['a fuse burns after the driver’s own undo, with one call that is tried again', fuse.marginMs > settleMs + 5_000],
  ['a driver calls its successor, calls again, and leaves, in this order', handOver.firstMs > handOver.againMs],
  ['and it has time for a revert between its second call and its end', handOver.againMs > handOver.leaveMs + defaultBounds.timeoutMs],
  ['a claim outlasts all tries of its delivery', claimedMs > uncertainTries * deliveryMs],
  ['an order is dead before a replacement of its pod can come', orderLivesMs + orderSkewMs <= 10_000],
  ['an injector’s image may be pulled within the patience of its fault', injectorBiteMs(injectorUndoOf()) > injectorStartMs],
])('%s', (_, holds) => {
  expect(holds).toBe(true)
})

it.each([
  ['network-partition', policyUndo()],
  ['memory-exhaustion', injectorUndoOf()],
  ['node-drain', cordonUndo()],
] as const)('the patience with a %s is longer than a dial and an attempt of the client together', (fault, undo) => {
  expect(patienceOf({ fault, undo }).biteMs).toBeGreaterThan(defaultBounds.timeoutMs + defaultBounds.dialTimeoutMs)
})
