import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DnsSpec } from '../../lib/domain/dns-spec.ts'
import { planStep } from '../../lib/engine/acts/plan.ts'
import { contextOf } from '../support/fault-context.ts'
import { stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const all: DnsSpec = { type: 'dns_failure', kind: 'nxdomain', domains: [], sharePercent: 100, addresses: [] }

async function orderOf(fault: DnsSpec) {
  const { injections } = await planStep(contextOf(world), { suite: suiteOf([stepOf(fault)]), index: 0, seed: 1 })
  const undo = injections[0]?.undo
  return undo?.kind === 'injector' ? { action: undo.action, env: undo.env } : undefined
}

describe('the plan of a DNS failure', () => {
  it('stores what the injector is told, before anything is done', async () => {
    expect(await orderOf(all)).toEqual({
      action: 'fail-dns',
      env: { FAULTLINE_ANSWER: 'nxdomain', FAULTLINE_NAMES: '', FAULTLINE_SHARE_PCT: '100', FAULTLINE_NEED_TRAFFIC: '1' },
    })
  })

  it('tells names, share, and the wrong address of each family', async () => {
    const fault: DnsSpec = {
      ...all,
      kind: 'wrong',
      domains: ['db', '*.example.com'],
      sharePercent: 12.5,
      addresses: ['fd00::7', '10.0.0.7'],
      allowUnused: true,
    }
    expect((await orderOf(fault))?.env).toEqual({
      FAULTLINE_ANSWER: 'wrong',
      FAULTLINE_NAMES: 'db,*.example.com',
      FAULTLINE_SHARE_PCT: '12.5',
      FAULTLINE_ADDRESS4: '10.0.0.7',
      FAULTLINE_ADDRESS6: 'fd00::7',
      FAULTLINE_NEED_TRAFFIC: '0',
    })
  })
})
