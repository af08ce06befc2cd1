// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of suites are written so
import { describe, expect, test } from '@jest/globals'
import { parseSuite } from '../../lib/suite/parse.ts'
import { type GivenValues, noValues } from '../../lib/suite/variables.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'

const failure = { name: 'A', type: 'node_failure', params: { failure_type: 'pod-kill' }, duration: 10 }
const suite = (top: object, step: object = {}) => JSON.stringify({ name: 'S', ...top, experiments: [{ ...failure, ...step }] })

function parsed(text: string, said: Readonly<Record<string, string>> = {}, env: GivenValues['env'] = {}) {
  return parseSuite(text, 'suite.json', { given: { ...noValues, said, env } })
}

function suiteOf(...given: Parameters<typeof parsed>) {
  const result = parsed(...given)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.suite
}

function problemsOf(...given: Parameters<typeof parsed>) {
  const result = parsed(...given)
  return result.ok ? [] : result.problems.map(({ path, message }) => [path, message])
}

describe('a variable', () => {
  const text = suite({ namespace: `\${NS:-staging}`, description: `for \${NS:-staging}` })

  test('stands for what was said, else for the environment, else for its default, and the suite keeps which', () => {
    expect(suiteOf(text)).toMatchObject({
      namespace: 'staging',
      description: 'for staging',
      variables: [{ name: 'NS', value: 'staging', from: 'default' }],
    })
    const env = { FAULTLINE_VAR_NS: 'shop', NS: 'other' }
    expect(suiteOf(text, {}, env)).toMatchObject({ namespace: 'shop', variables: [{ name: 'NS', value: 'shop', from: 'environment' }] })
    expect(suiteOf(text, { NS: 'mine' }, env)).toMatchObject({
      namespace: 'mine',
      description: 'for mine',
      variables: [{ name: 'NS', value: 'mine', from: 'said' }],
    })
  })

  test('set to nothing is as one that is not set', () => {
    expect(suiteOf(text, { NS: '' }, { FAULTLINE_VAR_NS: '' })).toMatchObject({ namespace: 'staging' })
  })

  test('never reads another variable of the process, where credentials are', () => {
    const [found] = problemsOf(suite({ description: `\${AWS_SECRET_ACCESS_KEY}` }), {}, { AWS_SECRET_ACCESS_KEY: 'hush' })
    expect(found).toEqual(['description', expect.stringContaining('`${AWS_SECRET_ACCESS_KEY}` is not set')])
    expect(found?.[1]).not.toContain('hush')
  })

  test('leaves no trace in a suite without any', () => {
    expect(Object.keys(suiteOf(suite({})))).not.toContain('variables')
  })

  test('after a further `$` stays as it is written', () => {
    expect(suiteOf(suite({ description: `$\${NS} costs $5` }))).toMatchObject({ description: `\${NS} costs $5` })
  })

  test('brings a text that stays one, whatever is in it', () => {
    const description = '", "namespace": "kube-system'
    expect(suiteOf(suite({ description: `\${D}` }), { D: description })).toMatchObject({ description, namespace: 'jadevectordb-system' })
    expect(suiteOf(suite({ description: `\${D}` }), { D: `\${E}` })).toMatchObject({ description: `\${E}` })
  })

  test('is filled into YAML, too', () => {
    const yaml = `name: S\nnamespace: \${NS}\nexperiments:\n  - { name: A, type: node_failure, params: { failure_type: crashloop }, duration: "\${D}" }\n`
    const result = parseSuite(yaml, 'suite.yaml', { read: readYaml, given: { ...noValues, said: { NS: 'shop', D: '9' } } })
    expect(result).toMatchObject({ ok: true, suite: { namespace: 'shop', steps: [{ durationMs: 9000 }] } })
  })
})

describe('where a number, or true or false, is wanted, a variable', () => {
  test('alone in its text is one, also inside of what has several forms', () => {
    const top = { gracePeriod: { before: `\${B}`, after: `\${B}` } }
    const step = { duration: `\${D}`, targets: { percent: `\${P}` }, params: { failure_type: 'pod-delete', allowBarePods: `\${BARE}` } }
    expect(suiteOf(suite(top, step), { B: '5', D: '7.5', P: '40', BARE: 'true' })).toMatchObject({
      graceBeforeMs: 5000,
      graceAfterMs: 5000,
      steps: [{ durationMs: 7500, targets: { percent: 40 }, fault: { allowBarePods: true } }],
    })
    expect(suiteOf(suite({ gracePeriod: `\${B}` }), { B: '5' })).toMatchObject({ graceBeforeMs: 5000 })
  })

  test('of a kind that a variable names, too', () => {
    const step = { type: 'network_degradation', params: { degradation_type: `\${KIND}`, latency: `\${MS}`, ports: [`\${PORT}`] } }
    expect(suiteOf(suite({}, step), { KIND: 'latency', MS: '250', PORT: '5432' })).toMatchObject({
      steps: [{ fault: { latencyMs: 250, ports: [5432] } }],
    })
  })

  test('that is none is told with its name and where its value came from', () => {
    expect(problemsOf(suite({}, { duration: `\${D}` }), { D: 'long' })).toEqual([
      ['experiments[0].duration', 'found the string `long`; expected a number (`${D}` is `long`, as was said)'],
    ])
    expect(problemsOf(suite({}, { duration: `\${D}` }), {}, { FAULTLINE_VAR_D: '7200' })).toEqual([
      ['experiments[0].duration', 'found the number `7200`; allowed: at most 3600 seconds (`${D}` is `7200`, from the environment)'],
    ])
    expect(problemsOf(suite({}, { duration: `1\${D}` }), { D: '0' })).toMatchObject([
      ['experiments[0].duration', expect.stringContaining('found the string `10`; expected a number')],
    ])
  })

  test('stays a text where a text is wanted, though it looks like a number', () => {
    expect(suiteOf(suite({ namespace: `\${NS}` }), { NS: '123' })).toMatchObject({ namespace: '123' })
  })
})

describe('refused with its place is a variable', () => {
  test.each([
    ['that is not set', `\${NS}`, 'say --set NS=value, or set FAULTLINE_VAR_NS, or write `${NS:-value}`'],
    ['without an end', `a \${NS`, '`${NS` has no `}`'],
    ['without a name', `\${}`, '`${}` is no variable'],
    ['with a name that is none', `\${1A}`, '`${1A}` is no variable: a name of letters, digits and `_`'],
    ['with the default of another shell', `\${A-b}`, '`${A-b}` is no variable'],
    ['with two defaults', `\${A:-b} \${A:-c}`, 'has the default `c` here and `b` elsewhere'],
    ['with a control character', `\${A:-\u001b[2J}`, 'its value has control characters'],
    ['beyond all bounds', `\${A:-${'x'.repeat(1001)}}`, 'has 1001 characters; allowed: at most 1000'],
  ])('%s', (_what, description, message) => {
    expect(problemsOf(suite({ description }))).toEqual([['description', expect.stringContaining(message)]])
  })

  test('in a key', () => {
    expect(problemsOf(suite({ '${KEY}': 1 }))).toEqual([['["${KEY}"]', expect.stringContaining('variables stand in values, not in keys')]])
  })

  test('whose value is refused by the schema', () => {
    expect(problemsOf(suite({ namespace: `\${NS}` }), { NS: 'kube-system' })).toEqual([
      ['namespace', expect.stringMatching(/`kube-system` is not a namespace for chaos .* \(`\$\{NS\}` is `kube-system`, as was said\)$/)],
    ])
  })
})

test('what is said and not asked for is refused, with what was probably meant', () => {
  expect(problemsOf(suite({ namespace: `\${NS:-a}` }), { NSS: 'b' })).toEqual([['', '`NSS`: did you mean `NS`? Allowed: NS']])
  expect(problemsOf(suite({}), { NS: 'b' })).toEqual([['', '`NS`: the suite has no variables']])
  expect(problemsOf(suite({}), {}, { FAULTLINE_VAR_NS: 'b' })).toEqual([])
})

test('a variable named as a secret is warned of: its value is kept and shown', () => {
  const warnings = (name: string) => {
    const result = parsed(suite({ description: `\${${name}:-x}` }))
    return result.ok ? result.warnings : []
  }
  for (const name of ['DB_PASSWORD', 'API_TOKEN', 'api_key', 'CLIENT_SECRET', 'PASS'])
    expect(warnings(name)).toEqual([expect.stringContaining('a secret does not belong there')])
  for (const name of ['BYPASS_PORT', 'NAMESPACE', 'COMPASSION']) expect(warnings(name)).toEqual([])
})
