import { expect, it } from '@jest/globals'
import type { InjectorUndo } from '../../../lib/domain/undo-data.ts'
import { injectorBiteMs } from '../../../lib/faults/injector/bite-time.ts'

it.each<[InjectorUndo['action'], Readonly<Record<string, string>>, number]>([
  ['kill', { FAULTLINE_GRACE: '30' }, 75_000],
  ['crashloop', {}, 55_000],
  ['freeze', {}, 45_000],
  ['stress-cpu', { FAULTLINE_AMOUNT: '8' }, 45_000],
  ['stress-memory', { FAULTLINE_AMOUNT: '1024' }, 45_000],
  ['fill-disk', { FAULTLINE_AMOUNT: '1024' }, 148_000],
  ['limit-network', {}, 55_000],
  ['load-network', {}, 55_000],
  ['cut-network', {}, 45_000],
  ['degrade-network', {}, 55_000],
  ['fail-dns', {}, 60_000],
  ['fault-http', {}, 60_000],
])('is waited for as long as its own kind needs to bite: %s %j', (action, env, ms) => {
  expect(injectorBiteMs({ action, env })).toBe(ms)
})
