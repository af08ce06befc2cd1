import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from '@jest/globals'
import { openPlace, type Place, partitionSuite } from '../cli/place.ts'
import { itWith } from '../support/tools.ts'

/** A lease lasts 30 s: this is well beyond it, and the other run holds its fault all the while. */
const stoppedMs = 42_000
const heldSeconds = 48

let place: Place

beforeEach(async () => {
  place = await openPlace()
  const labels = { app: 'shop' }
  const containers = [{ name: 'main', image: 'example.org/main:1', ports: [{ containerPort: 80 }] }]
  place.sandbox.create('namespaces', { metadata: { name: 'shop' } })
  place.sandbox.create('deployments', {
    metadata: { name: 'shop', namespace: 'shop' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  })
  await place.sandbox.ready()
})

afterEach(() => place.close())

const isStopped = (pid: number) => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

itWith(['linux'], 'processes that are stopped')(
  'two runs of one state directory, one of them stopped for longer than a lease: the other loses neither its ledger nor its proof',
  async () => {
    const first = await place.file('first.json', partitionSuite(heldSeconds))
    const second = await place.file('second.json', {
      ...partitionSuite(heldSeconds),
      name: 'Shop',
      namespace: 'shop',
      selector: 'app=shop',
    })
    const stopped = place.spawn('run', first, ...place.flags)
    const other = place.spawn('run', second, ...place.flags)
    await Promise.all([stopped.untilOut('it bites'), other.untilOut('it bites')])
    const pid = stopped.child.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    await sleep(stoppedMs)
    expect(isStopped(pid)).toBe(true)
    process.kill(pid, 'SIGCONT')
    const [ended, held] = await Promise.all([stopped.end(), other.end()])
    expect(held).toMatchObject({ code: 0, out: expect.stringContaining('SUCCEEDED') })
    expect(held.out + held.err).not.toMatch(/the store|NOT PROVEN/)
    // It slept through its own lease, so it may only revert; that is proven and recorded.
    expect(ended).toMatchObject({ code: 1, out: expect.stringMatching(/this process stood still for [34]\d s.*ABORTED/s) })
    const { out } = await place.faultline('runs', '--json')
    const { runs } = JSON.parse(out) as { readonly runs: readonly { readonly state: string }[] }
    expect(runs.map(({ state }) => state).sort()).toEqual(['aborted', 'succeeded'])
    expect(place.sandbox.objects().filter(({ metadata }) => metadata.labels?.['faultline.dev/run'] !== undefined)).toEqual([])
  },
  150_000,
)
