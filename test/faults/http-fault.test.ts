import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { HttpSpec } from '../../lib/domain/http-spec.ts'
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

const abort: HttpSpec = {
  type: 'http_fault',
  kind: 'abort',
  direction: 'in',
  ports: [8080, 9090],
  methods: ['GET'],
  path: '/api/*',
  headers: [{ name: 'x-user', value: 'test-*' }],
  sharePercent: 20,
  status: 503,
  delayMs: 0,
  keepProbes: true,
}

const planOf = (fault: HttpSpec) => planStep(contextOf(world), { suite: suiteOf([stepOf(fault)]), index: 0, seed: 1 })

describe('the plan of an HTTP fault', () => {
  it('stores what the injector is told, and says that open connections are cut once', async () => {
    const { injections, warnings } = await planOf(abort)
    const undo = injections[0]?.undo
    expect(undo?.kind === 'injector' && { action: undo.action, env: undo.env }).toEqual({
      action: 'fault-http',
      env: {
        FAULTLINE_HTTP: 'abort',
        FAULTLINE_DIRECTION: 'in',
        FAULTLINE_PORTS: '8080/tcp,9090/tcp',
        FAULTLINE_METHODS: 'GET',
        FAULTLINE_URL_PATH: '/api/*',
        FAULTLINE_HEADERS: 'x-user=test-*',
        FAULTLINE_SHARE_PCT: '20',
        FAULTLINE_STATUS: '503',
        FAULTLINE_DELAY_MS: '0',
        FAULTLINE_KEEP_PROBES: '1',
        FAULTLINE_NEED_TRAFFIC: '1',
      },
    })
    expect(warnings[0]).toContain('open on port 8080, 9090 are cut once, when the fault begins')
    expect(warnings.join()).not.toContain('TLS')
  })

  it('says where a port is one of TLS, which passes', async () => {
    const { warnings } = await planOf({ ...abort, ports: [443], direction: 'out' })
    expect(warnings.at(-1)).toBe('port 443 is one of TLS, which passes as it is: no request in it is met')
  })
})
