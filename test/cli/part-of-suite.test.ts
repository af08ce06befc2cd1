import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

let place: Place
let suite: string

beforeAll(async () => {
  place = await openPlace()
  const params = { failure_type: 'pod-delete' }
  const step = (name: string) => ({ name, type: 'node_failure', params, duration: 1, targets: { count: 1 } })
  suite = await place.file('suite.json', { name: 'Three', gracePeriod: 0, experiments: ['One', 'Two', 'Three'].map(step) })
})

afterAll(() => place.close())

it('plan shows the part that is asked for, and what is left out', async () => {
  const { code, out } = await faultline(['plan', suite, ...place.flags, '--only', 'One', '--only', '3'])
  expect(code).toBe(0)
  expect(out).toContain("1 of the suite's 3 steps was left out: 2. Two\n")
  expect(out).toMatch(/^1\. One {2}/m)
  expect(out).toMatch(/^2\. Three {2}/m)
  expect(out).not.toMatch(/^\d\. Two {2}/m)
})

it('a run of a part passes by what ran, and every report names what did not', async () => {
  const run = await faultline(['run', suite, ...place.flags, '--skip', '1', '--skip', 'Three', '--json'])
  const leftOut = [
    { number: 1, name: 'One' },
    { number: 3, name: 'Three' },
  ]
  expect(JSON.parse(run.out)).toMatchObject({ verdict: 'succeeded', leftOut, steps: [{ name: 'Two', verdict: 'succeeded' }] })
  expect(JSON.parse(run.out).steps).toHaveLength(1)
  const report = async (format: string) => (await place.faultline('report', 'latest', '--format', format)).out
  const told = "2 of the suite's 3 steps were left out: 1. One, 3. Three"
  expect(await report('text')).toContain(`Left out   ${told}\n`)
  expect(await report('html')).toContain(told.replace("'", '&#39;'))
  expect(await report('markdown')).toContain('steps were left out')
  const junit = await report('junit')
  expect(junit).toContain('tests="3" failures="0" errors="0"')
  expect(junit).toContain('skipped="2"')
  expect(junit).toMatch(/<testcase name="Two"[^>]*><system-out>/)
  expect(junit).toMatch(/<testcase name="One"[^>]*><skipped message="left out of this run \(step 1 of the suite\)"\/>/)
})

it('a step that is none is wrong use, and nothing is run', async () => {
  expect(await faultline(['run', suite, ...place.flags, '--only', 'Tow'])).toMatchObject({
    code: 2,
    err: 'error: --only `Tow`: did you mean `Two`? Allowed: One, Two, Three\n',
  })
})
