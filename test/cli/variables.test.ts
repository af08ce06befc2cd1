// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of suites are written so
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let suite: string

beforeAll(async () => {
  place = await openPlace()
  const [step] = (partitionSuite(1) as { readonly experiments: readonly object[] }).experiments
  suite = await place.file('suite.json', {
    ...partitionSuite(1),
    namespace: '${NS}',
    experiments: [{ ...step, duration: '${SECONDS:-1}', targets: { count: '${COUNT:-1}' } }],
  })
})

afterAll(() => place.close())

it('plan shows what was put in the place of variables, by --set and by the environment', async () => {
  const env = { FAULTLINE_VAR_NS: 'jadevectordb-system', FAULTLINE_VAR_OTHER: 'x' }
  const { code, out, err } = await faultline(['plan', suite, ...place.flags, '--set', 'SECONDS=2'], env)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('${NS} is "jadevectordb-system", by the environment\n')
  expect(out).toContain('${SECONDS} is "2", as it was said for this run\n')
  expect(out).toContain(`\${COUNT} is "1", the suite's default\n`)
  const inJson = await faultline(['plan', suite, ...place.flags, '--set', 'NS=jadevectordb-system', '--json'])
  expect(JSON.parse(inJson.out)).toMatchObject({ variables: [{ name: 'SECONDS' }, { name: 'COUNT' }, { name: 'NS', from: 'said' }] })
})

it('a run keeps them, its reports show them, and a replay takes them along', async () => {
  const run = await faultline(['run', suite, ...place.flags, '--set', 'NS=jadevectordb-system', '--json'])
  const variables = [
    { name: 'SECONDS', value: '1', from: 'default' },
    { name: 'COUNT', value: '1', from: 'default' },
    { name: 'NS', value: 'jadevectordb-system', from: 'said' },
  ]
  expect(JSON.parse(run.out)).toMatchObject({ verdict: 'succeeded', variables })
  for (const [format, text] of [
    ['text', 'Variable   ${NS} is "jadevectordb-system", as it was said for this run'],
    ['markdown', '| variable | \\${NS} is "jadevectordb-system", as it was said for this run'],
    ['html', '${NS} is &quot;jadevectordb-system&quot;, as it was said for this run'],
  ] as const) {
    const { out } = await place.faultline('report', 'latest', '--format', format)
    expect(out).toContain(text)
  }
  expect(JSON.parse((await faultline(['replay', 'latest', ...place.flags, '--json'])).out)).toMatchObject({ variables })
})

it('validate wants each variable to be set, and each value to be asked for by one of the files', async () => {
  const unset = await faultline(['validate', suite])
  expect(unset.code).toBe(2)
  expect(unset.err).toMatch(/suite\.json:1:\d+: namespace: `\$\{NS\}` is not set and has no default: say --set NS=value/)
  const slip = await faultline(['validate', suite, '--set', 'NS=a', '--set', 'SECOND=3'])
  expect(slip.code).toBe(2)
  expect(slip.err).toContain('--set: `SECOND`: did you mean `SECONDS`? Allowed: SECONDS, COUNT, NS')
  expect(await faultline(['validate', suite, 'quick', '--set', 'NS=a'])).toMatchObject({ code: 0, err: '' })
  const slips = await faultline(['validate', suite, 'quick', '--set', 'NS=a', '--set', 'COUMT=3'])
  expect(slips).toMatchObject({ code: 2, err: 'error: --set `COUMT`: did you mean `COUNT`? Allowed: SECONDS, COUNT, NS\n' })
})

it.each([
  ['NS', 'Expected NAME=value'],
  ['1NS=a', 'Expected NAME=value'],
  ['=a', 'Expected NAME=value'],
])('--set %s is wrong use', async (text, message) => {
  const { code, err } = await faultline(['validate', suite, '--set', text])
  expect(code).toBe(2)
  expect(err).toContain(message)
})

it('one name is set once', async () => {
  const { code, err } = await faultline(['validate', suite, '--set', 'NS=a', '--set', 'NS=b'])
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('NS is set twice.') })
})
