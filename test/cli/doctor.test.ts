import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { doctorLines } from '../../cli/view/doctor-view.ts'
import { noPaint } from '../../cli/view/paint.ts'
import { failed, ok, unknown } from '../../lib/domain/finding.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

let place: Place
beforeAll(async () => {
  place = await openPlace()
})
afterAll(() => place.close())

describe('doctor', () => {
  it('prints one table, exits with 0 where all is well, and leaves nothing', async () => {
    const before = place.footprint()
    const { code, out } = await faultline(['doctor', '--only', 'identity,dns', ...place.flags])
    expect({ code, out }).toEqual({
      code: 0,
      out: [
        'doctor: faultline-sandbox (simulated)',
        '',
        '✓ identity     faultline-sandbox, of system:masters',
        '✓ dns          all 3 nodes: kubernetes.default.svc is found',
        '✓ left-behind  nothing of this look is left in namespace faultline-injectors',
        '',
        '3 well',
        '',
      ].join('\n'),
    })
    expect(place.footprint()).toEqual(before)
  })

  it('exits with 1 for a warning, and prints one document for programs', async () => {
    const { code, out } = await faultline(['doctor', '--only', 'metrics', '--json', ...place.flags])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'warnings',
      cluster: { simulated: true },
      namespace: 'jadevectordb-system',
      checks: [{ check: 'metrics', what: 'metrics.k8s.io', state: 'warning', fix: expect.stringContaining('kubectl apply') }],
      exitCode: 1,
    })
  })

  it('exits with 2 where something failed: a Pushgateway and a Prometheus that do not answer, a dead API server', async () => {
    const outlets = ['--pushgateway-url', 'http://127.0.0.1:1', '--prometheus-url', 'http://127.0.0.1:1']
    const said = await faultline(['doctor', '--only', 'pushgateway,prometheus', ...outlets, ...place.flags])
    expect(said.code).toBe(2)
    expect(said.out).toMatch(/✗ pushgateway +no answer from the Pushgateway at http:\/\/127\.0\.0\.1:1: /)
    expect(said.out).toMatch(/✗ prometheus +/)
    const kubeconfig = await place.file('dead', place.sandbox.kubeconfig().replaceAll(place.sandbox.url, 'http://127.0.0.1:1'))
    const dead = await faultline(['doctor', '--only', 'permissions', '--state', place.state, '--kubeconfig', kubeconfig])
    expect(dead.code).toBe(2)
    expect(dead.out).toMatch(/^✗ reachability +it does not answer: /m)
    expect(dead.out).toMatch(/^\? permissions +it could not be looked at, as identity is not well/m)
  })

  it('asks a Pushgateway whether it is ready', async () => {
    const { listen } = await import('../../sandbox/api/server.ts')
    const asked: string[] = []
    const server = await listen(0, ({ url }, response) => {
      asked.push(url ?? '')
      response.end('OK')
    })
    const { code, out } = await faultline(['doctor', '--only', 'pushgateway', '--pushgateway-url', `${server.url}/push`, ...place.flags])
    await server.close()
    expect([code, asked]).toEqual([0, ['/push/-/ready']])
    expect(out).toContain(`${server.url}/push is ready`)
  })

  it('refuses a check that there is not, and says which there are', async () => {
    const { code, err } = await faultline(['doctor', '--only', 'dsn', ...place.flags])
    expect(code).toBe(2)
    expect(err).toContain('--only: `dsn`: did you mean `dns`? Allowed: reachability, identity')
  })
})

describe('the table', () => {
  it('breaks what was found at blanks, and no command', () => {
    const fix = `kubectl ${'x'.repeat(80)} y`
    const findings = [
      { check: 'dns', ...failed('pods there cannot look names up at all', fix, 'node-a') },
      { check: 'dns', ...unknown('its pod did not say', null, 'node-b') },
      { check: 'kernel', ...ok('netem') },
    ]
    expect(doctorLines({ of: 'c', findings }, 40, noPaint)).toEqual([
      'doctor: c',
      '',
      '✗ dns     node-a: pods there cannot look',
      '          names up at all',
      `          fix: ${fix}`,
      '?         node-b: its pod did not say',
      '✓ kernel  netem',
      '',
      '1 well, 1 not known, 1 failed',
    ])
  })
})

describe('at a terminal', () => {
  it('doctor says what it is looking at meanwhile, and takes that away', async () => {
    const { code, out } = await faultline(['doctor', '--only', 'ttl-controller', ...place.flags], {}, '', true)
    expect(code).toBe(0)
    expect(out).toContain('2 checks done, looking at ttl-controller')
    expect(out).toContain('✓ ttl-controller')
    const afterTable = out.slice(out.indexOf('doctor: '))
    expect(afterTable).not.toContain('looking at')
  })
})
